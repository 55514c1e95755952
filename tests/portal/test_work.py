"""The work list's page: filters, pages, many cases at once."""

from __future__ import annotations

from goodstanding.casework.models import Case

from .stories import Town, apply_for, signed_in


def test_the_list_is_narrowed_by_its_filters(town: Town) -> None:
    (case,) = apply_for(town, "open")
    number = case.record.document_no
    market, operator = signed_in("market"), signed_in("operator")
    for query in (
        "kind=restoration",
        "state=submitted",
        f"text={number}",
        "whose=unassigned",
        "kind=nothing",
    ):
        assert number in market.get(f"/work?{query}").content.decode(), query
    for query in (
        "kind=objection",
        "state=accepted",
        "whose=mine",
        "mark=late",
        "before=2020-01-01",
        "asked=on",
    ):
        page = market.get(f"/work?{query}").content.decode()
        assert "No open case is like that." in page, query
    assert number in operator.get(f"/work?authority={town.market.code}").content.decode()
    assert number not in operator.get(f"/work?authority={town.environment.code}").content.decode()
    assert 'name="chosen"' not in operator.get("/work").content.decode()


def test_many_cases_are_decided_and_the_page_says_what_became_of_each(town: Town) -> None:
    (case,) = apply_for(town, "open")
    (theirs,) = apply_for(town, "open_too")
    client = signed_in("market")
    chosen = [f"{case.public_id}.{case.version}", f"{theirs.public_id}.{theirs.version}", "nonsense"]
    assert chosen[0] in client.get("/work").content.decode()
    page = client.post("/work/decide", {"event": "accept", "chosen": chosen})
    text = page.content.decode()
    assert page.status_code == 200 and "1 of 2 cases" in text and "There is no such case." in text
    assert theirs.record.document_no not in text
    again = client.post("/work/decide", {"event": "accept", "chosen": chosen[:1]}).content.decode()
    assert "0 of 1 cases" in again and "has changed meanwhile" in again
    assert client.post("/work/decide", {"event": "deny", "chosen": chosen}).status_code == 422
    assert client.post("/work/decide", {}).status_code == 404
    assert "No case was chosen." in client.post("/work/decide", {"event": "accept"}).content.decode()
    states = {found.pk: found.state for found in Case.objects.all()}
    assert states == {case.pk: "accepted", theirs.pk: "submitted"}


def test_supervision_lists_authorities_and_leads_to_their_cases(town: Town) -> None:
    apply_for(town, "open")
    page = signed_in("operator").get("/supervision").content.decode()
    assert f"/work?authority={town.market.code}" in page and "No case is late." in page
    assert signed_in("market").get("/supervision").status_code == 403


def test_an_officer_says_when_he_is_absent_and_gives_his_cases_on(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client = signed_in("market")
    days = {"from_on": "2020-01-01", "until_on": "2999-01-01"}
    move = {"event": "assign", "chosen": [f"{case.public_id}.{case.version}"], "officer": "market"}
    assert "1 of 1 cases" in client.post("/work/decide", move).content.decode()
    assert client.post("/work/absence", {"doing": "absent", "stand_in": "market", **days}).status_code == 422
    assert (
        client.post("/work/absence", {"doing": "absent", "stand_in": "colleague", **days}).status_code == 302
    )
    assert "colleague stands in for you" in client.get("/work/absence").content.decode()
    assert "you stand in" in signed_in("colleague").get("/work?whose=mine").content.decode()
    given = client.post("/work/absence", {"doing": "reassign", "officer": "market", "to": "colleague"})
    assert "1 of 1 cases" in given.content.decode()
    assert client.post("/work/absence", {"doing": "back"}).status_code == 302
    assert "stands in for you" not in client.get("/work/absence").content.decode()
    case.refresh_from_db()
    assert case.officer is not None and case.officer.user.get_username() == "colleague"
