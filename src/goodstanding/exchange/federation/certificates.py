"""The certificate of a restoration that another instance decided: fetched from its home, checked, handed out here."""

from __future__ import annotations

from typing import Protocol

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import MirrorError
from goodstanding.proof import ProofError, VerifierKey
from goodstanding.registry.models import Neighbour, Record

from .links import connect


class DecidedElsewhere(Protocol):
    """What was handed on under a key and decided at the record's home, as casework knows it."""

    @property
    def record(self) -> Record: ...
    @property
    def neighbour(self) -> Neighbour: ...
    @property
    def key(self) -> str: ...


def fetch(decided: DecidedElsewhere) -> bytes:
    """The certificate as its home makes it now, through the neighbour by which the record came.

    It is checked whole. Where the neighbour is the home, the key is the one that was pinned when it was joined; further
    down it is the one that the neighbours between gave, and whoever relies on it compares it with the home's.

    Raises:
        ExchangeError: certificate.away (no answer now, or not yet under a checkpoint there), certificate.not_proved,
            federation.token.
    """
    neighbour, record = decided.neighbour, decided.record
    connection = connect(neighbour)
    try:
        data = connection.certificate(decided.key)
    except MirrorError as error:
        raise ExchangeError("certificate.away", place=error.place) from error
    finally:
        connection.close()
    key = VerifierKey.decode(neighbour.key) if neighbour.origin == record.home else None
    try:
        checked = proof.check_certificate(data, key=key)
    except ProofError as error:
        raise ExchangeError("certificate.not_proved", place=str(error)) from error
    told = checked.certificate
    refused = [item.check for item in checked.findings if item.status == "refused"]
    about = (told.origin, told.removal.content.get("record"))
    if refused or about != (record.home, str(record.public_id)):
        raise ExchangeError("certificate.not_proved", place=", ".join(refused) or f"{about}")
    return data
