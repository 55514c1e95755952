"""Sending applications to the instances that decide on them, and asking how far they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from goodstanding.casework import forwarding
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Forwarding
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.federation.links import Connection, connect, private_key
from goodstanding.exchange.mirror import MirrorError
from goodstanding.proof.keys import to_base64
from goodstanding.proof.voucher import sign_voucher


def forward_due(*, at_clock: Callable[[], datetime]) -> int:
    """Send what waits and ask for what is open, for each neighbour over one connection. Returns how many answered.

    A neighbour that does not answer is asked again later; the others are served meanwhile.
    """
    waiting: dict[int, list[Forwarding]] = {}
    for one in forwarding.due(at=at_clock()):
        waiting.setdefault(one.neighbour_id, []).append(one)
    answered = 0
    for items in waiting.values():
        try:
            connection = connect(items[0].neighbour)
        except ExchangeError as error:
            for one in items:
                forwarding.note_failure(one, error.code, at=at_clock())
            continue
        try:
            for one in items:
                answered += _ask(one, connection, at_clock=at_clock)
        finally:
            connection.close()
    return answered


def _ask(one: Forwarding, connection: Connection, *, at_clock: Callable[[], datetime]) -> int:
    """Send or ask for one. 1 where the neighbour answered."""
    try:
        told = (
            None
            if one.state == Forwarding.State.WAITING and not one.told
            else connection.how_far(forwarding.key_of(one))
        )
        if told is None or told.get("code") == "not_found":  # not sent yet, or the neighbour lost it
            sent = forwarding.outgoing(one)
            signature = sign_voucher(sent.voucher, private_key=private_key())
            told = connection.hand_on(
                {
                    "voucher": sent.voucher.as_object(),
                    "signature": to_base64(signature),
                    "request": sent.request,
                }
            )
    except (MirrorError, CaseworkError) as error:
        forwarding.note_failure(one, f"{error.code} [{error.place}]", at=at_clock())
        return 0
    forwarding.note_answer(one, told, at=at_clock())
    return 1
