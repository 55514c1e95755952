"""Subscription requests, and what was given under agreements, from the command line of the operator."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding.exchange import agreed_files
from goodstanding.exchange.agreed_reads import read_record
from goodstanding.exchange.models import Subscriber, SubscriptionRequest

from ..exchange.stage import live_record, make_subscriber, now, seal_all
from ..exchange.test_subscription_requests import ask
from ..registry.factories import make_authority, make_entity
from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")


def login(subscriber: Subscriber) -> str:
    return str(subscriber.account.user.get_username())


def test_requests_are_listed_shown_and_answered(run: Run) -> None:
    assert run("request", "list").status == 0
    subscriber, _ = make_subscriber(kinds=[])
    other, _ = make_subscriber(kinds=[])
    first, second = ask(subscriber), ask(other, divisions=[])
    listed = run("request", "list", "--json")
    assert listed.status == 1, "they wait for the operator"
    assert {row["request"] for row in listed.document} == {str(first.public_id), str(second.public_id)}
    only = run("request", "list", "--subscriber", login(other))
    assert only.out.startswith(f"{second.public_id}  waiting") and only.out.count("\n") == 1
    shown = run("request", "show", first.public_id)
    assert shown.status == 0 and "third-party credit service" in shown.out and "licence no. 7" in shown.out

    drafted = run("request", "draft", first.public_id, "--json").document
    assert drafted["state"] == "drafted"
    agreement = run("agreement", "show", drafted["agreement"], "--json").document
    assert (agreement["state"], agreement["subscriber"]) == ("draft", str(subscriber.public_id))
    short = run("request", "refuse", second.public_id, "--reasons", "no")
    assert short.status == 2 and "Say why" in short.errors
    reasons = "The purpose does not need it."
    assert reasons in run("request", "refuse", second.public_id, "--reasons", reasons).out
    assert SubscriptionRequest.objects.get(pk=second.pk).reasons == reasons
    assert run("request", "list").status == 0
    assert run("request", "list", "--state", "refused").out.startswith(str(second.public_id))
    again = run("request", "draft", second.public_id)
    assert again.status == 2 and SubscriptionRequest.objects.get(pk=second.pk).agreement is None
    for arguments in (
        ("show", uuid.uuid4()),
        ("show", "no-id"),
        ("list", "--subscriber", "nobody"),
        ("refuse", first.public_id),
    ):
        assert run("request", *arguments).status == 2


def test_the_operator_sees_what_was_given_under_an_agreement(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["file", "api"])
    stranger, _ = make_subscriber()
    reference, others = subscriber.agreements.get().reference, stranger.agreements.get().reference
    seal_all()
    made = now() - timedelta(days=2)
    agreed_files.work(at_clock=lambda: made)
    late = run("agreement", "files", reference)
    assert late.status == 1 and "1 records, not fetched, stale" in late.out
    assert agreed_files.kept(reference).get().fetched_at is None, "to look is not to fetch"
    (files,) = agreed_files.sets(subscriber=subscriber, reference=reference, at=now())
    agreed_files.give(files, files.files[0]["sha256"], at=now())
    listed = run("agreement", "files", "--json")
    (row,) = listed.document
    assert listed.status == 0 and (row["agreement"], row["stale"]) == (reference, False)  # type: ignore[index]
    assert row["fetched_at"]  # type: ignore[index]

    assert run("agreement", "reads", reference).out == ""
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    (read,) = run("agreement", "reads", reference, "--json").document
    assert read["record"] == str(record.public_id)  # type: ignore[index]
    assert run("agreement", "reads", others).out == ""
    for command in ("files", "reads"):
        assert run("agreement", command, "nothing").status == 2
