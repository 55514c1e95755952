"""A recipient reads its agreements, signs a version and shows its deletion, over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from goodstanding import proof
from goodstanding.exchange import agreements
from goodstanding.exchange.agreement import agreement_of, checked
from goodstanding.exchange.models import Agreement, Subscriber
from goodstanding.proof.keys import to_base64

from ..exchange.stage import make_subscriber, now, today, token_of

pytestmark = pytest.mark.usefixtures("database")


def ask(subscriber: Subscriber, method: str, path: str, body: Any = None, *scopes: str) -> Any:
    headers = {"Authorization": f"Bearer {token_of(subscriber, *scopes)}"}
    return Client(SERVER_NAME="localhost", headers=headers).generic(
        method, f"/api/v1/agreements{path}", body or b"", content_type="application/json"
    )


def narrowed(agreement: Agreement) -> bytes:
    """Draft and sign as provider a version that masks names. Its digest."""
    document = agreement_of(agreement.versions.get().document).document
    scope = document["customProperties"][0]["value"]["scope"] | {"masking": ["name"]}
    terms = document["customProperties"][0]["value"] | {"scope": scope}
    changed = document | {
        "version": "2.0.0",
        "customProperties": [{"property": "sharingAgreement", "value": terms}],
    }
    made = agreements.draft(checked(changed, file="a"), at=now())
    agreements.sign_as_provider(reference=agreement.reference, at=now())
    return bytes(made.digest)


def test_a_recipient_reads_signs_and_shows_the_deletion() -> None:
    subscriber, key = make_subscriber()
    agreement = subscriber.agreements.get()
    digest = narrowed(agreement)
    (row,) = ask(subscriber, "GET", "").json()
    assert (row["agreement"], row["state"], row["version"]) == (agreement.reference, "in_force", "1.0.0")
    waiting = row["waiting"]
    assert waiting["waits_for"] == ["recipient"] and waiting["digest"] == digest.hex()
    assert [(change["path"], change["effect"]) for change in waiting["changes"]] == [
        ("terms.scope.masking", "breaking")
    ]
    assert proof.agreement_digest(waiting["document"]) == digest, "what is signed is what is shown"
    path = f"/{agreement.reference}"
    good = to_base64(proof.sign_agreement(digest, private_key=key))
    wrong = to_base64(proof.sign_agreement(digest, private_key=proof.generate_private_key()))
    said = {
        "/signature": [
            (403, {"version": "2.0.0", "signature": wrong}),
            (409, {"version": "1.0.0", "signature": good}),
            (422, {"version": "2.0.0", "signature": "?"}),
            (200, {"version": "2.0.0", "signature": good}),
            (409, {"version": "2.0.0", "signature": good}),
        ]
    }
    for status, body in said["/signature"]:
        answer = ask(subscriber, "POST", f"{path}/signature", proof.canonical(body))
        assert answer.status_code == status, answer.content
    held = ask(subscriber, "GET", path).json()
    assert (held["version"], held["waiting"], held["signed"]["recipient"]) == ("2.0.0", None, good)

    deletion = proof.Deletion(str(subscriber.public_id), agreement.reference, 0, 7, now().isoformat())
    signed = proof.sign_deletion(deletion, private_key=key).to_json()
    assert ask(subscriber, "POST", f"{path}/deletion", signed).status_code == 409, "it has not ended"
    agreements.end(reference=agreement.reference, on=today(), reason="service closed", at=now())
    assert ask(subscriber, "GET", path).json()["state"] == "owing"
    assert ask(subscriber, "POST", f"{path}/deletion", b"{}").status_code == 422
    for _ in range(2):
        answer = ask(subscriber, "POST", f"{path}/deletion", signed)
        assert (answer.status_code, answer.json()["state"], answer.json()["deleted"]) == (200, "deleted", 7)


def test_an_agreement_of_somebody_else_is_not_there() -> None:
    subscriber, _ = make_subscriber()
    stranger, key = make_subscriber(kinds=[])
    path = f"/{subscriber.agreements.get().reference}"
    digest = narrowed(subscriber.agreements.get())
    assert ask(stranger, "GET", "").json() == []
    assert ask(stranger, "GET", path).status_code == 404
    body = proof.canonical(
        {"version": "2.0.0", "signature": to_base64(proof.sign_agreement(digest, private_key=key))}
    )
    assert ask(stranger, "POST", f"{path}/signature", body).status_code == 404
    assert ask(stranger, "POST", f"{path}/deletion", b"{}").status_code == 404
    assert ask(subscriber, "POST", f"{path}/signature", body, "feed:read").status_code == 403
