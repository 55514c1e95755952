"""A city, a province and a nation as separate processes with databases of their own, joined by agreements alone."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from goodstanding import proof
from goodstanding.proof.voucher import Voucher, request_digest, sign_voucher
from goodstanding.site.embedded_postgres import Cluster

from ..exchange.stage import covered
from .instances import (
    BUREAU,
    Instance,
    application,
    apply_at,
    create_database,
    decide,
    drop_database,
    firm_code,
    penalise,
    wait_for,
)

FIRM = "临湖市天成商贸有限公司"


def _firm(instance: Instance, code: str) -> None:
    """A login of the firm, made by the operator."""
    instance.run("account", "firm", "--role", "entity", "--entity", code, "--no-password")


def test_a_penalty_of_the_city_is_seen_at_the_nation_and_its_removal_receipted_all_the_way_up(
    federation: dict[str, Instance],
) -> None:
    city, province, nation = federation.values()
    code = firm_code(8101)
    record = penalise(city, number=1, code=code, name=FIRM)
    _firm(city, code)

    shown = wait_for(lambda: nation.record(record), "the nation shows the city's penalty")
    assert shown["home"] == "city.example/log"
    assert shown["document_no"] == city.record(record)["document_no"]
    assert {"scheme": "uscc", "value": code} in shown["entity"]["identifiers"]
    assert city.record(record)["home"] == "city.example/log"

    decide(city, apply_at(city, record, name=FIRM), "accept", "grant")
    wait_for(lambda: nation.state(record) == "restored", "the nation dropped it")
    assert province.state(record) == "restored"
    for instance in (province, nation):
        assert instance.record(record) is None
        assert instance.query("SELECT content FROM registry_record WHERE public_id = %s", record) == [
            ({"law": {}, "public": {}, "personal": {}},)
        ], "the content is gone"

    def answered() -> list[tuple[str, str, str]]:
        return city.query(
            "SELECT s.name_zh, o.holder, o.signed FROM exchange_onwardreceipt o JOIN exchange_receipt r"
            " ON r.id = o.receipt_id JOIN exchange_subscriber s ON s.id = r.subscriber_id"
        )

    ((passer, holder, signed),) = wait_for(answered, "the city has the nation's receipt")
    assert (passer, holder) == ("临江省信用平台", "全国信用平台")
    onward = proof.SignedOnward.from_json(signed)
    (key,) = city.query("SELECT public_key FROM exchange_subscriber")[0]
    said = proof.verify_onward(onward, public_key=bytes(key))
    answer = said.holders_receipt()
    assert (answer.receipt.action, answer.receipt.record) == ("dropped", record)
    assert answer.public_key.hex() == nation.run("federation", "key")
    ((own,),) = city.query("SELECT signed FROM exchange_receipt")
    assert json.loads(own)["receipt"]["onward"] == ["全国信用平台"]


def test_the_certificate_holds_every_receipt_all_the_way_up(federation: dict[str, Instance]) -> None:
    city, province, nation = federation.values()
    code, name = firm_code(8120), "临湖市永泰五金有限公司"
    record = penalise(city, number=20, code=code, name=name)
    wait_for(lambda: nation.record(record), "the nation shows it")
    city.run("account", "yongtai", "--role", "entity", "--entity", code, "--no-password")
    city.tokens["firm"] = city.token("yongtai", "cases:read", "cases:write")
    nation.stop()
    case = apply_at(city, record, name=name)
    decide(city, case, "accept", "grant")
    file = city.folder / "restored.pdf"

    def totals() -> dict[str, int]:
        done = city.get(f"/cases/{case}/certificate", token=city.tokens["firm"])
        return {} if done.status_code != 200 else json.loads(done.content)["certificate"]["totals"]

    wait_for(lambda: totals().get("dropped") == 1, "the province has answered")
    assert totals()["waiting"] == 1, "the nation, which is stopped, is named"
    nation.serve()
    wait_for(lambda: totals().get("dropped") == 2, "the nation has answered too")

    def whole() -> dict[str, Any]:
        city.run("certificate", "make", case, "--out", file)
        key = city.get("/log/key").text.strip()
        said = json.loads(province.run("certificate", "verify", file, "--key", key, "--json"))
        journaled = [item["status"] for item in said["findings"] if item["check"] == "journaled"]
        return said if journaled == ["proved", "proved"] else {}

    said = wait_for(whole, "both receipts are in the log")
    assert said["proved"] and said["record"] == record
    (way,) = [item for item in said["findings"] if item["check"] == "way"]
    assert (way["status"], way["subject"].rpartition(" › ")[2]) == ("proved", "全国信用平台")
    checked = proof.check_certificate(proof.certificate_in(file.read_bytes())).certificate
    (below,) = checked.recipients[0].further_down
    answer = proof.SignedOnward.from_json(below.statement or "").onward.holders_receipt()
    assert answer.public_key.hex() == nation.run("federation", "key"), "it is the nation's own signature"


def test_the_finding_cannot_come_back_by_another_way(federation: dict[str, Instance]) -> None:
    city, province, _ = federation.values()
    code = firm_code(8102)
    record = penalise(city, number=2, code=code, name="临湖市安顺物流有限公司")
    wait_for(lambda: province.record(record), "the province shows it")
    before = province.query("SELECT count(*) FROM registry_record")
    file = city.folder / "penalty-2.csv"
    province.run(
        *("take-in", file, "--contract", "double-publicity-penalties", "--authority", BUREAU[0]),
    )
    assert province.query("SELECT count(*) FROM registry_record") != before, "a report of its own is its own"
    assert province.record(record) is not None


def test_nothing_but_the_homes_feed_changes_a_foreign_record(federation: dict[str, Instance]) -> None:
    city, province, _ = federation.values()
    record = penalise(city, number=3, code=firm_code(8103), name="临湖市和美食品有限公司")
    wait_for(lambda: province.record(record), "the province shows it")
    for change in (
        "state = 'ended'",
        "disputed = true",
        "home = ''",
        "home = 'province.example/log'",
        "content = '{}'",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            province.query(f"UPDATE registry_record SET {change} WHERE public_id = %s", record)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        city.query("UPDATE registry_record SET home = 'province.example/log' WHERE public_id = %s", record)
    assert uuid.UUID(record)


def test_what_the_agreement_does_not_let_on_stays_where_it_came(federation: dict[str, Instance]) -> None:
    """The city's agreement lets the nation have it; whoever else follows the province gets none of it."""
    city, province, nation = federation.values()
    record = penalise(city, number=4, code=firm_code(8104), name="临湖市新禾农业有限公司")
    wait_for(lambda: nation.record(record), "the nation shows it")
    if not (nation.folder / "other.token").exists():
        province.run("account", "other", "--role", "subscriber", "--no-password")
        province.run(
            *("subscribe", "other", "--name-zh", "邻省信用平台", "--key", "22" * 32, "--kind", "penalty"),
            *("--purpose", "public credit", "--legal-basis", "agreement no. 2"),
        )
    token = province.token("other", "feed:read")
    page = province.get("/feed?after=0&limit=5000", token=token).json()
    assert covered(page["entries"]) == list(range(1, page["position"] + 1))
    assert not [entry for entry in page["entries"] if entry.get("event", {}).get("subject") == record]
    (listed,) = json.loads(nation.run("federation", "list", "--json"))
    assert listed["name"] == "province" and listed["records"] >= 1 and listed["error"] == ""


def test_what_is_applied_for_at_the_nation_is_decided_in_the_city(federation: dict[str, Instance]) -> None:
    city, province, nation = federation.values()
    code, name = firm_code(8105), "临湖市恒信机械有限公司"
    record = penalise(city, number=5, code=code, name=name)
    wait_for(lambda: nation.record(record), "the nation shows it")
    nation.run("account", "hengxin", "--role", "entity", "--entity", code, "--no-password")
    nation.tokens["firm"] = nation.token("hengxin", "cases:read", "cases:write")

    body = application(record, name=name)
    answer = nation.post("/cases", body, token=nation.tokens["firm"])
    assert answer.status_code == 200, answer.text
    (forwarded,) = answer.json()["forwarded"]
    assert (forwarded["state"], forwarded["home"]) == ("waiting", "city.example/log")
    again = nation.post("/cases", body, token=nation.tokens["firm"]).json()
    assert [one["id"] for one in again["forwarded"]] == [forwarded["id"]], "handed in twice, taken once"
    second = nation.post("/cases", body | {"key": str(uuid.uuid4())}, token=nation.tokens["firm"])
    assert second.json()["code"] == "case.open"

    def told() -> dict[str, Any]:
        rows = nation.get("/cases", token=nation.tokens["firm"]).json()["forwarded"]
        return next(row for row in rows if row["id"] == forwarded["id"])

    wait_for(lambda: told()["told"].get("case_state") == "submitted", "the city took it")
    case = told()["told"]["case"]
    ((scheme, vouched, way, handed_in),) = city.query(
        "SELECT scheme, code, way, handed_in_at FROM casework_vouched"
    )
    assert (scheme, vouched, way) == ("uscc", code, ["nation.example/log", "province.example/log"])
    assert abs(handed_in - datetime.fromisoformat(forwarded["handed_in_at"])) < timedelta(seconds=1)
    assert nation.query("SELECT count(*) FROM casework_case") == [(0,)], (
        "no case, and so no clock, of its own"
    )

    address = f"/cases/{forwarded['id']}/certificate"
    early = nation.get(address, token=nation.tokens["firm"])
    assert (early.status_code, early.json()["code"]) == (409, "certificate.none")
    decide(city, case, "accept", "grant")
    wait_for(lambda: told()["state"] == "ended", "the nation shows the decision")
    shown = told()["told"]
    assert (shown["case_state"], shown["home"]) == ("granted", "city.example/log")
    assert json.loads(shown["receipt"]), "the receipt of the decision came along"
    assert shown["reasons"]
    wait_for(lambda: nation.state(record) == "restored", "and the record is gone")
    assert province.state(record) == "restored"
    _certificate_taken_at_the_nation(city, nation, address, record)


def _certificate_taken_at_the_nation(city: Instance, nation: Instance, address: str, record: str) -> None:
    """The firm takes the city's certificate, as file and as paper, where it applied; and nobody else does."""

    def taken() -> bytes:
        answer = nation.get(address, token=nation.tokens["firm"])
        return answer.content if answer.status_code == 200 else b""

    key = proof.VerifierKey.decode(city.get("/log/key").text.strip())
    file = wait_for(taken, "the decision is under a checkpoint of the city")
    paper = nation.get(f"{address}.pdf", token=nation.tokens["firm"]).content
    for data in (file, proof.certificate_in(paper)):
        checked = proof.check_certificate(data, key=key)
        assert checked.holds and checked.key_was_given
        assert checked.certificate.removal.content["record"] == record
    code = firm_code(8130)
    another = penalise(city, number=30, code=code, name="临湖市天平仪器有限公司")
    wait_for(lambda: nation.record(another), "the nation knows another firm")
    nation.run("account", "stranger", "--role", "entity", "--entity", code, "--no-password")
    other = nation.get(address, token=nation.token("stranger", "cases:read"))
    assert other.status_code == 404


def test_what_the_city_does_not_take_is_told_where_it_was_handed_in(federation: dict[str, Instance]) -> None:
    """An instance cannot vouch for another firm than the one that the record is about."""
    city, province, nation = federation.values()
    record = penalise(city, number=6, code=firm_code(8106), name="临湖市明远建材有限公司")
    wait_for(lambda: nation.record(record), "the nation shows it")
    token = (province.folder / "city.token").read_text().strip()
    asked = {
        "statement": "已履行。",
        "commitment_name": "x",
        "performed_on": "2026-06-01",
        "grounds": "",
        "claim": {},
        "evidence": [],
    }
    voucher = Voucher(
        instance="province.example/log",
        key=str(uuid.uuid4()),
        record=record,
        kind="restoration",
        scheme="uscc",
        code=firm_code(9999),
        handed_in_at="2026-11-22T10:00:00+08:00",
        way=("province.example/log",),
        request=request_digest(asked),
    )
    key = (province.folder / "keys" / "federation").read_bytes()
    signed = {
        "voucher": voucher.as_object(),
        "signature": base64.b64encode(sign_voucher(voucher, private_key=key)).decode(),
        "request": asked,
    }
    answer = city.post("/federation/applications", signed, token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "application.not_the_entity")
    changed = signed | {"request": asked | {"statement": "另一份申请。"}}
    assert city.post("/federation/applications", changed, token=token).status_code == 422
    other = signed | {"signature": base64.b64encode(bytes(64)).decode()}
    assert city.post("/federation/applications", other, token=token).status_code == 422
    assert not city.query("SELECT 1 FROM casework_application WHERE key = %s", voucher.key)


def test_one_that_was_away_catches_up_by_itself(federation: dict[str, Instance]) -> None:
    city, province, nation = federation.values()
    before = penalise(city, number=7, code=firm_code(8107), name="临湖市长青园林有限公司")
    wait_for(lambda: nation.record(before), "the nation shows it")
    province.stop()
    code, name = firm_code(8108), "临湖市百川运输有限公司"
    during = penalise(city, number=8, code=code, name=name)
    city.run("account", "baichuan", "--role", "entity", "--entity", code, "--no-password")
    city.tokens["firm"] = city.token("baichuan", "cases:read", "cases:write")
    decide(city, apply_at(city, during, name=name), "accept", "grant")
    later = penalise(city, number=9, code=firm_code(8109), name="临湖市三阳电子有限公司")
    wait_for(
        lambda: nation.neighbour("province")["error"].startswith("platform.unreachable"), "the nation notices"
    )

    province.serve()
    wait_for(lambda: nation.record(later), "what came meanwhile is there")
    assert nation.state(during) == "", "what came and went meanwhile never was"
    assert nation.record(before) is not None
    assert nation.neighbour("province")["error"] == ""


def test_one_put_back_to_an_old_backup_goes_on_with_one_history(
    federation: dict[str, Instance], server: Cluster
) -> None:
    city, province, nation = federation.values()
    backup = f"{province.database}_backup"
    province.stop()
    create_database(server, backup, template=province.database)
    province.serve()
    code, name = firm_code(8110), "临湖市同德纺织有限公司"
    lost = penalise(city, number=10, code=code, name=name)
    shown = wait_for(lambda: nation.record(lost), "the nation has what the backup lacks")
    head = province.query("SELECT max(size) FROM registry_checkpoint")[0][0]
    wait_for(lambda: nation.neighbour("province")["position"] >= head, "and has followed it to its end")
    seen = nation.neighbour("province")["position"]

    province.stop()
    create_database(server, province.database, template=backup)
    drop_database(server, backup)
    assert province.query("SELECT max(position) FROM registry_event")[0][0] < seen
    assert province.state(lost) == ""
    province.serve()
    assert "lost positions of the log came back" in (province.folder / "errors").read_text()
    wait_for(lambda: province.record(lost), "it follows the city again from where the backup was")
    assert nation.record(lost) == shown, "nothing changed where it was"
    kinds = province.query("SELECT count(*) FROM registry_event WHERE kind = 'journal.lost'")
    assert kinds[0][0] >= 1

    city.run("account", "tongde", "--role", "entity", "--entity", code, "--no-password")
    city.tokens["firm"] = city.token("tongde", "cases:read", "cases:write")
    decide(city, apply_at(city, lost, name=name), "accept", "grant")
    wait_for(lambda: nation.state(lost) == "restored", "removals reach the nation as before")
    assert nation.neighbour("province")["error"] == "", "the nation saw one history"
    assert province.run("log", "audit", "--json")
