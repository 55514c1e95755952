"""The pages of batches and of the quality of sources: who sees what, filters, rejected rows, decisions on held ones."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from goodstanding.intake.models import Batch
from goodstanding.intake.sources import known_sources, source_qualities

from .batches import a_year_of_deliveries, thresholds
from .stories import Town, signed_in

REASON = "The source confirmed the file by telephone."


@pytest.fixture
def sent(town: Town) -> dict[str, Batch]:
    return a_year_of_deliveries(town, on=timezone.localdate())


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_batch_says_how_it_was_read_what_came_of_it_and_how_good_it_is(
    town: Town, sent: dict[str, Batch]
) -> None:
    path = f"/deliveries/{sent['mixed'].public_id}"
    for username in ("market", "operator"):
        page = text(signed_in(username).get(path).content.decode())
        assert "GB18030" in page and "CSV" in page
        for measure in ("Timeliness", "Completeness", "Validity", "Uniqueness", "Consistency"):
            assert measure in page
        assert "30 of 33 rows passed every check; 3 did not." in page
        assert "an earlier row of the same file: 1 of 33." in page
    assert signed_in("environment").get(path).status_code == 404
    assert signed_in("firm").get(path).status_code == 403


def test_rejected_rows_are_paged_and_narrowed_by_reason(town: Town, sent: dict[str, Batch]) -> None:
    client, path = signed_in("market"), f"/deliveries/{sent['mixed'].public_id}"
    page = client.get(path).content.decode()
    assert page.count("column.not_a_date") >= 3 and "link.code_and_name_disagree" in page
    only = client.get(path + "?reason=link.code_and_name_disagree").content.decode()
    table = only[only.index("What is wrong") :]
    assert "column.not_a_date" not in table and "临湖市别人商贸有限公司" in table
    assert client.get(path + "?reason=nonsense").content.decode().count("column.not_a_date") >= 3
    # What may be a person's is in no cell of the page.
    assert "11010519491231002X" not in page and "李四光" not in page


def count_of(client: Client, path: str) -> int:
    found = re.search(r'What was handed in <span class="count">(\d+)<', client.get(path).content.decode())
    assert found is not None
    return int(found[1])


def test_lists_are_narrowed(town: Town, sent: dict[str, Batch]) -> None:
    operator, market = signed_in("operator"), signed_in("market")
    assert count_of(operator, "/deliveries") == 15
    assert count_of(market, "/deliveries") == 14
    asked = {
        "?state=held": 1,
        "?state=failed": 1,
        "?contract=registration": 1,
        f"?authority={town.environment.code}": 1,
        f"?since={timezone.localdate() - timedelta(days=4)}": 3,
        f"?until={timezone.localdate() - timedelta(days=300)}": 2,
        "?state=nonsense&since=yesterday": 15,
    }
    for query, count in asked.items():
        assert count_of(operator, "/deliveries" + query) == count, query
    assert "1 batch waits for your decision" in operator.get("/deliveries").content.decode()
    # An authority cannot widen its view by naming another.
    assert count_of(market, f"/deliveries?authority={town.environment.code}") == 14
    assert operator.post("/deliveries", {}).status_code == 403


def test_only_the_operator_decides_on_a_held_batch(town: Town, sent: dict[str, Batch]) -> None:
    batch = sent["held"]
    path = f"/deliveries/{batch.public_id}"
    page = signed_in("market").get(path).content.decode()
    assert "Validity is 70.0" in page and "<textarea" not in page
    for username in (None, "firm", "market", "environment", "bank", "mirror"):
        answer = signed_in(username).post(f"{path}/decide", {"decision": "released", "reason": REASON})
        assert answer.status_code in (302, 403, 404)
        batch.refresh_from_db()
        assert batch.state == Batch.State.HELD
    operator = signed_in("operator")
    short = operator.post(f"{path}/decide", {"decision": "released", "reason": "so"})
    assert short.status_code == 422 and "needs a reason" in short.content.decode()
    assert operator.post(f"{path}/decide", {"decision": "delete", "reason": REASON}).status_code == 422
    assert operator.post(f"{path}/decide", {"decision": "refused", "reason": REASON}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == Batch.State.REFUSED
    assert REASON in signed_in("market").get(path).content.decode()
    again = operator.post(f"{path}/decide", {"decision": "released", "reason": REASON})
    assert again.status_code == 409


def test_a_released_batch_is_taken_in_by_the_worker(town: Town, sent: dict[str, Batch]) -> None:
    from goodstanding.intake import commands

    batch = sent["held"]
    signed_in("operator").post(
        f"/deliveries/{batch.public_id}/decide", {"decision": "released", "reason": REASON}
    )
    with thresholds():
        commands.resume_unfinished(today=timezone.localdate(), at_clock=timezone.now)
    batch.refresh_from_db()
    assert (batch.state, batch.committed, batch.rejected) == (Batch.State.DONE, 14, 6)


def test_the_public_sees_sources_with_scores_that_add_up(town: Town, sent: dict[str, Batch]) -> None:
    (found, other) = sorted(
        source_qualities(known_sources(), on=timezone.localdate()),
        key=lambda item: item.authority.name_en == "Linhu Environment Bureau",
    )
    assert found.authority == town.market and found.unreadable == 1
    page = text(signed_in().get("/quality/").content.decode())
    assert "Linhu Market Regulation" in page and str(found.total) in page
    one = text(signed_in().get(f"/quality/{town.market.code}/").content.decode())
    for measure in found.measures:
        assert str(measure.score) in one and measure.en in one
    assert [month.batches > 0 for month in found.months].count(True) >= 11
    assert sum(month.batches for month in found.months) <= Batch.objects.filter(state="done").count()
    (finding,) = other.findings
    assert finding.code == "sending.missing" and finding.en in text(
        signed_in().get(f"/quality/{town.environment.code}/").content.decode()
    ).replace("&#x27;", "'")
    assert signed_in().get("/quality/91000000000000000X/").status_code == 404
