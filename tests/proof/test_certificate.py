"""The restoration certificate: what holds is proved, each thing by itself, and no byte of it can change unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.proof import CheckedCertificate, ProofError, check_certificate
from goodstanding.proof.certificate import STATES
from goodstanding.proof.certificate_checks import CHECKS

from .certificates import NATION, SIGNER, WITNESS, Log, make_certificate, receipt, signed, statement

KEY = SIGNER.verifier
POLICY = proof.parse_policy(f"log {KEY.encode()}\nwitness w1 {WITNESS.verifier.encode()}\nquorum w1\n")
FILE = signed(make_certificate())


def refused(checked: CheckedCertificate) -> set[str]:
    return {item.check for item in checked.findings if item.status == "refused"}


def status_of(checked: CheckedCertificate, check: str) -> str:
    (found,) = [item.status for item in checked.findings if item.check == check]
    return found


def test_a_true_certificate_is_proved_whole() -> None:
    checked = check_certificate(FILE, key=KEY, policy=POLICY)
    assert checked.holds and checked.key_was_given
    statuses = {(item.check, item.status) for item in checked.findings}
    late = {("receipt", "open"), ("way", "open")}
    assert statuses == {(check, "proved") for check in CHECKS} | late, "one is late, and one further down"
    assert checked.certificate == make_certificate()


def test_without_a_key_it_agrees_with_itself_only() -> None:
    checked = check_certificate(FILE)
    assert checked.holds and not checked.key_was_given
    assert {item.check for item in checked.findings if item.status == "open"} == {
        "key",
        "witnesses",
        "receipt",
        "way",
    }


def test_a_policy_brings_the_key_and_demands_the_witnesses() -> None:
    assert check_certificate(FILE, policy=POLICY).key_was_given
    other = proof.CosignerKey(name="witness.test/2", private_key=bytes(32)).verifier.encode()
    stricter = proof.parse_policy(f"log {KEY.encode()}\nwitness w2 {other}\nquorum w2\n")
    assert refused(check_certificate(FILE, policy=stricter)) == {"witnesses"}


def test_another_key_is_refused() -> None:
    other = proof.SignerKey(name=SIGNER.name, private_key=bytes(32))
    assert refused(check_certificate(FILE, key=other.verifier)) == {"key"}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_every_changed_byte_is_found(at: int, by: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= by
    try:
        assert not check_certificate(bytes(changed)).holds
    except ProofError as error:
        assert error.code == "certificate_malformed"


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FILE)), st.binary(min_size=1, max_size=3))
def test_every_added_byte_is_found(at: int, more: bytes) -> None:
    try:
        assert not check_certificate(FILE[:at] + more + FILE[at:]).holds
    except ProofError as error:
        assert error.code == "certificate_malformed"


def without_last(certificate: proof.Certificate) -> proof.Certificate:
    return replace(certificate, recipients=certificate.recipients[:-1])


def test_a_missing_recipient_is_found_by_the_signature_and_by_the_totals() -> None:
    told = json.loads(FILE)
    told["certificate"]["recipients"].pop()
    assert refused(check_certificate(proof.canonical(told), key=KEY)) == {"signature", "recipients"}
    assert refused(check_certificate(signed(without_last(make_certificate())), key=KEY)) == {"recipients"}


def test_a_recipient_that_stands_twice_is_found() -> None:
    true = make_certificate()
    twice = (*true.recipients[:2], true.recipients[1])
    told = replace(true, recipients=twice, totals=proof.totals_of(twice))
    assert refused(check_certificate(signed(told), key=KEY)) == {"recipients"}


def edited(path: str, value: Any) -> bytes:
    """A certificate that the platform itself signed, with one part that does not belong to the rest."""
    true = make_certificate()
    name, *rest = path.split(".")
    part = getattr(true, name)
    if rest and rest[0] == "content":
        part = replace(part, content={**part.content, rest[1]: value})
    elif rest:
        part = replace(part, **{rest[0]: value})
    else:
        part = value
    return signed(replace(true, **{name: part}))


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        ("origin", "another.test/log", "checkpoint"),
        ("checkpoint", Log([{"kind": "x"}]).checkpoint(), "decision"),
        ("decision.salt", bytes(32), "decision"),
        ("decision.hashes", (), "decision"),
        ("decision.content.case", "another", "decision"),
        ("decision.content.position", 0, "decision"),
        ("removal.content.public_digest", "00" * 32, "removal"),
        ("removal.content.position", 2**53 - 1, "removal"),
        ("absence.class_", "permit", "absence"),
        ("absence.proof", b"\0", "absence"),
        ("witnesses", (proof.CosignerKey(name="w", private_key=bytes(32)).verifier.encode(),), "witnesses"),
        ("totals", dict.fromkeys(STATES, 1), "recipients"),
    ],
)
def test_what_does_not_belong_together_is_found_even_where_the_platform_signed_it(
    path: str, value: Any, check: str
) -> None:
    assert check in refused(check_certificate(edited(path, value), key=KEY))


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        (receipt("00000001-0000-4000-8000-000000000000", removed=3), {"journaled"}),
        (receipt("00000009-0000-4000-8000-000000000000"), {"receipt", "journaled"}),
        (receipt("00000001-0000-4000-8000-000000000000", record="another"), {"receipt", "journaled"}),
        (receipt("00000001-0000-4000-8000-000000000000", action="updated"), {"receipt", "journaled"}),
        (
            receipt("00000001-0000-4000-8000-000000000000").replace('"removed":2', '"removed":1'),
            {"receipt", "journaled"},
        ),
        (" " + receipt("00000001-0000-4000-8000-000000000000"), {"receipt", "journaled"}),
        ("no receipt", {"receipt", "journaled"}),
        (None, {"receipt"}),
    ],
)
def test_another_receipt_than_the_recipients_own_is_found(text: str | None, checks: set[str]) -> None:
    true = make_certificate()
    late, dropped, not_held = true.recipients
    recipients = (late, replace(dropped, receipt=text, further_down=()), not_held)
    told = replace(true, recipients=recipients, totals=proof.totals_of(recipients))
    assert refused(check_certificate(signed(told), key=KEY)) == checks


def with_further_down(**parts: Any) -> bytes:
    """A certificate in which other things stand of the nation, which answered further down."""
    true = make_certificate()
    late, dropped, not_held = true.recipients
    branch, nation = dropped.further_down
    recipients = (late, replace(dropped, further_down=(branch, replace(nation, **parts))), not_held)
    return signed(replace(true, recipients=recipients, totals=proof.totals_of(recipients)))


ANSWER = receipt("of the nation", key=NATION, position=31, onward=())


@pytest.mark.parametrize(
    ("parts", "checks"),
    [
        ({"statement": statement(ANSWER, position=4)}, {"way", "journaled"}),
        ({"statement": statement(ANSWER, record="another")}, {"way", "journaled"}),
        ({"statement": statement(ANSWER, subscriber="another")}, {"way", "journaled"}),
        ({"statement": statement(ANSWER, holder="临湖银行")}, {"way", "journaled"}),
        ({"statement": statement(ANSWER.replace('"removed":2', '"removed":1'))}, {"way", "journaled"}),
        ({"statement": statement(" " + ANSWER)}, {"way", "journaled"}),
        ({"statement": statement(ANSWER).replace("全国", "全省")}, {"way", "journaled"}),
        ({"statement": "no statement"}, {"way", "journaled"}),
        ({"statement": None}, {"way"}),
        ({"via": ("临江省信用平台",)}, {"way"}),
        ({"holder": "临湖银行"}, {"way"}),
        ({"state": "not_held"}, {"way", "journaled"}),
        ({"holder": "临湖分中心"}, {"recipients", "way"}),
        ({"journaled": None}, set()),
    ],
)
def test_another_answer_from_further_down_than_was_handed_up_is_found(
    parts: dict[str, Any], checks: set[str]
) -> None:
    assert refused(check_certificate(with_further_down(**parts), key=KEY)) == checks


def test_somebody_further_down_left_out_is_found_by_the_signature_and_by_the_totals() -> None:
    told = json.loads(FILE)
    told["certificate"]["recipients"][1]["further_down"].pop()
    assert refused(check_certificate(proof.canonical(told), key=KEY)) == {"signature", "recipients"}


def test_a_recipient_that_has_not_answered_has_handed_nothing_up() -> None:
    true = make_certificate()
    late, dropped, not_held = true.recipients
    further = dropped.further_down[1:]
    recipients = (replace(late, further_down=further), replace(dropped, further_down=()), not_held)
    told = replace(true, recipients=recipients, totals=proof.totals_of(recipients))
    assert refused(check_certificate(signed(told), key=KEY)) == {"way"}


def test_a_receipt_that_no_checkpoint_covers_yet_and_an_entity_with_other_records_stay_open() -> None:
    true = make_certificate()
    late, dropped, not_held = true.recipients
    told = replace(true, absence=None, recipients=(late, replace(dropped, journaled=None), not_held))
    checked = check_certificate(signed(told), key=KEY)
    assert checked.holds and status_of(checked, "absence") == "open"
    assert {
        item.subject for item in checked.findings if (item.check, item.status) == ("journaled", "open")
    } == {dropped.subscriber}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told.update(more=1),
        lambda told: told["certificate"].pop("law"),
        lambda told: told["certificate"].update(type="goodstanding.certificate/2"),
        lambda told: told["certificate"].update(issued_at="yesterday"),
        lambda told: told["certificate"].update(absence="none"),
        lambda told: told["certificate"]["entity"].update(phone="1"),
        lambda told: told["certificate"]["entity"]["identifiers"].append(1),
        lambda told: told["certificate"]["found_by"].pop("code"),
        lambda told: told["certificate"]["totals"].update(late=-1),
        lambda told: told["certificate"]["witnesses"].append(1),
        lambda told: told["certificate"]["recipients"].append(1),
        lambda told: told["certificate"]["recipients"][0].update(state="forgotten"),
        lambda told: told["certificate"]["recipients"][0].update(receipt=1),
        lambda told: told["certificate"]["recipients"][0].update(further_down=[]),
        lambda told: told["certificate"]["recipients"][1]["further_down"][0].update(state="never_sent"),
        lambda told: told["certificate"]["recipients"][1]["further_down"][0].update(via=[1]),
        lambda told: told["certificate"]["recipients"][1]["further_down"][0].pop("due"),
        lambda told: told["certificate"]["decision"].update(salt="AAB="),
        lambda told: told["certificate"]["decision"]["hashes"].append(1),
    ],
)
def test_what_is_no_certificate_is_refused_whole(spoil: Any) -> None:
    told = json.loads(FILE)
    spoil(told)
    with pytest.raises(ProofError) as caught:
        check_certificate(proof.canonical(told))
    assert caught.value.code == "certificate_malformed"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"a":1.5}', b'{"a":1,"a":1}', b"[" * 5000, FILE + b"\n"]
)
def test_what_is_no_canonical_json_is_refused_whole(data: bytes) -> None:
    with pytest.raises(ProofError) as caught:
        check_certificate(data)
    assert caught.value.code == "certificate_malformed"
