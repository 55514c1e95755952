"""A follower is a recipient: it signs what it holds, and what differs is named and mended."""

from __future__ import annotations

import json
from typing import Any

from goodstanding.site.embedded_postgres import Cluster

from .instances import (
    Instance,
    apply_at,
    create_database,
    decide,
    drop_database,
    firm_code,
    penalise,
    wait_for,
)


def reconcile(instance: Instance, neighbour: str) -> dict[str, Any]:
    """What reconciling with a neighbour comes to, now."""
    return dict(json.loads(instance.run("federation", "reconcile", neighbour, "--json")))


def rounds(provider: Instance) -> list[tuple[Any, ...]]:
    """The rounds that a provider judged, the newest first: result, position, confirmed, missing, kept."""
    return provider.query(
        "SELECT result, position, confirmed, missing, kept FROM exchange_reconciliation ORDER BY id DESC"
    )


def restored(city: Instance, record: str, *, code: str, name: str, login: str) -> None:
    """The firm applies in the city and the bureau grants it."""
    city.run("account", login, "--role", "entity", "--entity", code, "--no-password")
    city.tokens["firm"] = city.token(login, "cases:read", "cases:write")
    decide(city, apply_at(city, record, name=name), "accept", "grant")


def again(province: Instance, *, version: str, divisions: list[str]) -> None:
    """The province and the nation conclude their agreement anew for other places, on paper."""
    ((reference, document),) = province.query(
        "SELECT a.reference, v.document FROM exchange_agreement a JOIN exchange_agreementversion v"
        " ON v.agreement_id = a.id ORDER BY v.id DESC LIMIT 1"
    )
    (clauses,) = [item["value"] for item in document["customProperties"]]
    clauses["scope"]["divisions"] = divisions
    file = province.folder / "agreement.json"
    file.write_text(json.dumps(document | {"version": version}), "utf-8")
    province.run("agreement", "draft", file)
    province.run("agreement", "sign", reference)
    if json.loads(province.run("agreement", "show", reference, "--json"))["version"] != version:
        province.run("agreement", "sign", reference, "--paper", "no. 2")


def differences(found: dict[str, Any]) -> dict[str, int]:
    """What was found at first and what was mended, without what was nothing."""
    named = ("missing", "kept", "older", "unknown", "fetched", "dropped")
    return {name: found[name] for name in named if found[name]}


def test_what_was_lost_or_is_not_covered_any_more_is_named_and_mended(
    federation: dict[str, Instance],
) -> None:
    city, province, nation = federation.values()
    lost, other = (
        penalise(city, number=number, code=firm_code(8200 + number), name=name)
        for number, name in ((1, "临湖市金诺广告有限公司"), (2, "临湖市春晖物业有限公司"))
    )
    for record in (lost, other):
        wait_for(lambda record=record: nation.record(record), "the nation shows it")
    shown = nation.record(lost)
    said = reconcile(nation, "province")
    assert (said["result"], said["rounds"], said["held"]) == ("equal", 1, 2)
    assert rounds(province)[0][0] == "equal"
    assert reconcile(province, "city")["result"] == "equal"

    nation.query(
        "DELETE FROM registry_givenrecord WHERE record_id ="
        " (SELECT id FROM registry_record WHERE public_id = %s)",
        lost,
    )
    said = reconcile(nation, "province")
    assert (said["result"], differences(said)) == ("equal", {"missing": 1, "fetched": 1})
    assert [row[0] for row in rounds(province)[:2]] == ["equal", "differs"]

    again(province, version="2.0.0", divisions=["110000"])
    said = reconcile(nation, "province")
    assert (said["result"], said["held"]) == ("equal", 0)
    assert differences(said) == {"kept": 2, "dropped": 2}
    assert [nation.state(record) for record in (lost, other)] == ["ended", "ended"]
    assert nation.record(lost) is None
    assert province.record(lost) is not None

    again(province, version="3.0.0", divisions=[])
    said = reconcile(nation, "province")
    assert (said["result"], differences(said)) == ("equal", {"missing": 2, "fetched": 2})
    assert nation.record(lost) == shown
    (listed,) = json.loads(nation.run("federation", "list", "--json"))
    assert listed["reconciled"]["result"] == "equal" and listed["reconciled_at"]
    assert nation.neighbour("province")["error"] == ""


def test_one_put_back_to_an_old_backup_shows_itself_in_a_round_and_converges(
    federation: dict[str, Instance], server: Cluster
) -> None:
    city, province, nation = federation.values()
    backup = f"{nation.database}_backup"
    code, name = firm_code(8210), "临湖市嘉禾粮油有限公司"
    gone = penalise(city, number=10, code=code, name=name)
    wait_for(lambda: nation.record(gone), "the nation shows it")
    nation.stop()
    create_database(server, backup, template=nation.database)
    nation.serve()
    restored(city, gone, code=code, name=name, login="jiahe")
    new = penalise(city, number=11, code=firm_code(8211), name="临湖市博文书店有限公司")
    wait_for(lambda: nation.state(gone) == "restored" and nation.record(new), "the nation has followed")
    wait_for(
        lambda: nation.neighbour("province")["confirmed"] == nation.neighbour("province")["position"],
        "and said so",
    )
    seen = nation.neighbour("province")["confirmed"]

    nation.stop()
    create_database(server, nation.database, template=backup)
    drop_database(server, backup)
    assert nation.state(gone) == "published" and not nation.state(new)
    nation.serve()

    def shown() -> list[tuple[Any, ...]]:
        return [row for row in rounds(province) if row[2] > row[1]]

    (first, *_) = wait_for(shown, "its first claim is of an older position than it had confirmed")
    assert first[2] >= seen
    wait_for(lambda: nation.state(gone) == "restored" and nation.record(new), "what it had lost is there")
    wait_for(lambda: rounds(province)[0][0] == "equal", "and the round after it is equal")
    said = reconcile(nation, "province")
    assert (said["result"], said["rounds"], said["went_back"]) == ("equal", 1, 0)
    assert nation.neighbour("province")["error"] == ""
