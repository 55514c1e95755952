"""The endpoints at work: proofs checked offline, cases decided, files taken in, long polls."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.api.feed import FeedOut
from goodstanding.registry import statements
from goodstanding.registry.journal import head

from ..exchange.stage import live_record, now, seal_all
from ..exchange.test_receipts import signed_receipt
from ..intake.files import registration, write_csv
from ..registry.factories import uscc
from .stage import BUSINESS_NAME, Caller, Town, restoration

pytestmark = pytest.mark.usefixtures("database")


def test_a_statement_stands_beside_the_record(callers: dict[str, Caller], town: Town) -> None:
    for record in (town.published, town.of_business):
        text = f"{record.entity.name}已提起诉讼。"
        statements.attach_statement(record_id=record.pk, text=text, account_id=None, at=now())
    said = callers["public"].get(f"/records/{town.published.public_id}").json()
    assert said["statement"]["text"] == f"{town.firm.name}已提起诉讼。"
    assert said["statement"]["position"] == head() - 1
    report = callers["public"].get(f"/entities/{town.firm.public_id}").json()
    by_id = {item["id"]: item["statement"] for item in report["records"]}
    assert by_id == {str(town.published.public_id): said["statement"]}
    masked = callers["public"].get(f"/records/{town.of_business.public_id}").json()["statement"]["text"]
    assert masked.endswith("已提起诉讼。") and town.business.name not in masked
    whole = callers["market"].get(f"/records/{town.of_business.public_id}").json()["statement"]["text"]
    assert whole == f"{BUSINESS_NAME}已提起诉讼。"


def test_a_record_is_proved_offline_from_what_the_api_says(callers: dict[str, Caller], town: Town) -> None:
    said = callers["public"].get(f"/records/{town.published.public_id}/proof").json()
    key = proof.VerifierKey.decode(callers["public"].get("/log/key").text.strip())
    assert said["key"] == key.encode()
    checkpoint = proof.verify_checkpoint(said["checkpoint"], origin=settings.LOG_ORIGIN, keys=[key])
    (event,) = said["events"]
    salt = base64.b64decode(event["salt"])
    leaf = proof.leaf_hash(proof.commitment(salt=salt, content=event["content"]))
    assert base64.b64decode(event["leaf_hash"]) == leaf
    hashes = [base64.b64decode(item) for item in event["hashes"]]
    proof.verify_inclusion(
        leaf_hash=leaf, index=event["index"], size=checkpoint.size, proof=hashes, root=checkpoint.root
    )
    again = callers["public"].get(f"/log/inclusion?position={event['position']}&size={checkpoint.size}")
    assert again.json()["hashes"] == event["hashes"]


def test_the_log_is_followed_by_its_tiles_alone(callers: dict[str, Caller], town: Town) -> None:
    public = callers["public"]
    key = proof.VerifierKey.decode(public.get("/log/key").text.strip())
    note = public.get("/log/checkpoint").text
    state = proof.verify_checkpoint(note, origin=settings.LOG_ORIGIN, keys=[key])

    class Tiles:
        def read(self, level: int, index: int, width: int) -> bytes:
            path = proof.tile_path(level=level, index=index, width=width)
            return public.get(f"/log/{path}").content

    assert proof.root_at(size=state.size, store=Tiles()) == state.root
    path = proof.entries_path(index=0, width=state.size)
    entries = proof.parse_bundle(public.get(f"/log/{path}").content, width=state.size)
    assert proof.root(proof.leaf_hash(entry) for entry in entries) == state.root
    hashes = public.get(f"/log/consistency?old=3&new={state.size}").json()["hashes"]
    proof.verify_consistency(
        old_size=3,
        new_size=state.size,
        old_root=proof.root(proof.leaf_hash(entry) for entry in entries[:3]),
        new_root=state.root,
        proof=[base64.b64decode(item) for item in hashes],
    )
    for path in ("0/001", "0/000.p/255", "9/000", "x", "0/000.p/0", "../../etc/passwd", "entries/000"):
        assert public.get(f"/log/tile/{path}").status_code == 404, path
    for query in (f"position=1&size={state.size + 1}", "position=5&size=4"):
        assert public.get(f"/log/inclusion?{query}").status_code == 404


def test_a_case_goes_its_way_and_the_holder_drops(callers: dict[str, Caller], town: Town) -> None:
    record = town.published
    key = str(uuid.uuid4())
    made = callers["firm"].post("/cases", json=restoration(record, key=key))
    assert made.status_code == 200, made.text
    (case,) = made.json()["cases"]
    (again,) = callers["firm"].post("/cases", json=restoration(record, key=key)).json()["cases"]
    assert again["id"] == case["id"], "the same key makes it once"
    officer = callers["market"]
    no_reasons = officer.post(f"/cases/{case['id']}/moves/refuse", json={"reasons": "no"})
    assert (no_reasons.status_code, no_reasons.json()["code"]) == (422, "reasons.missing")
    accepted = officer.post(f"/cases/{case['id']}/moves/accept", json={"version": case["version"]}).json()
    assert accepted["state"] == "accepted" and accepted["clocks"] and accepted["steps"]
    stale = officer.post(f"/cases/{case['id']}/moves/grant", json={"version": case["version"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "case.changed")
    granted = officer.post(
        f"/cases/{case['id']}/moves/grant", json={"reasons": "义务已经履行，同意修复。"}
    ).json()
    assert granted["state"] == "granted"
    assert callers["public"].get(f"/records/{record.public_id}").status_code == 404
    size = seal_all()
    feed = callers["subscriber"].get(f"/feed?after={town.size}").json()
    FeedOut.model_validate(feed)
    (removal,) = [entry for entry in feed["entries"] if entry.get("removal")]
    signed = signed_receipt(town.subscriber, town.key, record, removal["position"])
    for _ in range(2):
        taken = callers["subscriber"].post("/receipts", content=signed.to_json())
        assert taken.status_code == 200 and taken.json()["action"] == "dropped"
    assert callers["subscriber"].post("/feed/position", json={"position": size}).json()["position"] == size
    refused = callers["outsider"].post("/receipts", content=signed.to_json())
    assert (refused.status_code, refused.json()["code"]) == (403, "receipt.signature")
    for role in ("firm", "market", "operator"):
        holders = callers[role].get(f"/records/{record.public_id}/holders").json()["holders"]
        assert [item["state"] for item in holders] == ["dropped", "out_of_scope"]
        proof.verify_receipt(
            proof.SignedReceipt.from_json(holders[0]["receipt"]), public_key=proof.public_key(town.key)
        )


def test_an_objection_marks_the_record_at_once(callers: dict[str, Caller], town: Town) -> None:
    body = {
        "kind": "objection",
        "records": [str(town.published.public_id)],
        "key": str(uuid.uuid4()),
        "grounds": "facts_wrong",
        "statement": "处罚决定书所载地址并非我公司地址。",
    }
    made = callers["firm"].post("/cases", json=body)
    assert made.status_code == 200, made.text
    assert callers["public"].get(f"/records/{town.published.public_id}").json()["disputed"] is True
    (case,) = made.json()["cases"]
    assert callers["firm"].post(f"/cases/{case['id']}/moves/withdraw", json={}).json()["state"] == "withdrawn"
    two = body | {"records": [str(town.published.public_id), str(town.ended.public_id)]}
    assert callers["firm"].post("/cases", json=two).json()["code"] == "objection.one_record"


def test_a_file_is_taken_in_and_the_rejected_rows_come_back(
    callers: dict[str, Caller], town: Town, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "r.csv",
        "registration",
        [registration(uscc(), "临湖市新来商贸有限公司"), registration("12345", "坏码公司")],
    )
    sent = {"files": {"file": ("r.csv", path.read_bytes())}, "data": {"contract": "registration"}}
    batch = callers["market"].post("/batches", **sent).json()
    assert (batch["state"], batch["committed"], batch["rejected"]) == ("done", 1, 1), batch
    assert (batch["form"], batch["compression"], batch["hold"]) == ("csv", "", None)
    codes = [measure["code"] for measure in batch["quality"]["measures"]]
    assert codes == ["timeliness", "completeness", "validity", "uniqueness", "consistency"]
    wrong = sent | {"data": sent["data"] | {"encoding": "big5"}}
    assert callers["market"].post("/batches", **wrong).json()["error"]["code"] == "file.encoding"
    assert (
        callers["market"].post("/batches", **(sent | {"data": sent["data"] | {"encoding": "x"}})).status_code
        == 422
    )
    returned = callers["market"].get(f"/batches/{batch['id']}/returned")
    assert returned.headers["content-type"].startswith("text/csv") and "坏码公司" in returned.text
    again = callers["market"].post("/batches", **sent).json()
    assert (again["committed"], again["unchanged"]) == (0, 1)
    unknown = callers["market"].post("/batches", files=sent["files"], data={"contract": "gossip"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "contract.not_found")
    zipped = callers["market"].post("/batches", files={"file": ("a.xlsx", b"PK\x03\x04")}, data=sent["data"])
    assert zipped.json()["state"] == "failed" and zipped.json()["error"]["code"]
    assert callers["market"].get("/batches").json()["total"] == 4


def test_status_says_what_runs(callers: dict[str, Caller], town: Town) -> None:
    public = callers["public"].get("/status").json()
    assert public["entities"] == 4 and public["records"]["restored"] == 1
    assert public["journal_position"] == public["sealed_size"] == town.size
    assert public["subscribers"] == []
    assert len(callers["operator"].get("/status").json()["subscribers"]) == 2
    (own,) = callers["subscriber"].get("/status").json()["subscribers"]
    assert own["id"] == str(town.subscriber.public_id) and own["lag"] == 1


def test_a_long_poll_answers_when_there_is_news(callers: dict[str, Caller], town: Town) -> None:
    begun = time.monotonic()
    empty = callers["subscriber"].get(f"/feed?after={town.size}&wait=0.4").json()
    assert empty["entries"] == [] and time.monotonic() - begun >= 0.4

    def news() -> None:
        time.sleep(0.5)
        live_record(town.firm, town.market)
        seal_all()

    thread = threading.Thread(target=news)
    thread.start()
    begun = time.monotonic()
    found = callers["subscriber"].get(f"/feed?after={town.size}&wait=20").json()
    thread.join()
    assert found["entries"] and time.monotonic() - begun < 10
