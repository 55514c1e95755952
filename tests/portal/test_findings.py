"""The operator's pages of what was removed and sent again, and of full lists that lack too much."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone

from goodstanding.intake.models import Batch, Snapshot
from goodstanding.registry import corrections, journal
from goodstanding.registry.models import EarlyRemoval, Record, SourceFinding

from ..registry import factories
from .sent_again import sent_again
from .stories import Town, signed_in

REASONS = "Another decision, of another day."


@pytest.fixture
def waiting(town: Town) -> Iterator[Batch]:
    with sent_again(town.market) as batch:
        yield batch


def test_the_operator_reads_why_each_row_was_stopped_and_decides(town: Town, waiting: Batch) -> None:
    operator = signed_in("operator")
    same, alike = SourceFinding.objects.get(kind="same"), SourceFinding.objects.get(kind="alike")
    page = operator.get("/findings/").content.decode()
    assert "临市监罚〔2026〕2号（补）" in page, "what waits is shown as it came"
    assert "（2026）第１号" not in page, "what a removed record says is not kept"
    assert len(re.findall('value="cleared"', page)) == 1 and len(re.findall('value="upheld"', page)) == 2
    short = operator.post(f"/findings/{alike.public_id}/decide", {"decision": "upheld", "reasons": "no"})
    assert short.status_code == 422 and ">no</textarea>" in short.content.decode()
    certain = {"decision": "cleared", "reasons": REASONS}
    assert operator.post(f"/findings/{same.public_id}/decide", certain).status_code == 422
    assert not SourceFinding.objects.exclude(decision="").exists()
    operator.post(f"/findings/{alike.public_id}/decide", certain)
    operator.post(f"/findings/{same.public_id}/decide", {"decision": "upheld", "reasons": REASONS})
    assert operator.post(f"/findings/{same.public_id}/decide", certain).status_code == 409
    assert REASONS in operator.get("/findings/?decision=cleared").content.decode()
    assert "textarea" not in operator.get("/findings/").content.decode()
    public = signed_in(None).get(f"/quality/{town.market.code}/").content.decode()
    assert re.search(r"Removed records sent again</dt><dd>1<", public)


def test_what_a_decision_corrected_and_a_source_reports_again_can_only_be_kept_out(town: Town) -> None:
    record, at = town.records["open"], timezone.now()
    said = dict(record.content["public"])
    corrections.correct(
        record_id=record.pk, changes={"CF_WFXW": "未按规定公示年报"}, document="（2026）临行终1号", at=at
    )
    row = factories.reported(
        town.firm, town.market, natural_key=bytes(record.natural_key), public=said | {"CF_SY": "再次报送"}
    )
    assert factories.take_in(row)[0].code == "tombstone.corrected"
    page = signed_in("operator").get("/findings/").content.decode()
    assert "The corrected record:" in page and "corrected by a decision, reported again as it was" in page
    assert "It was corrected: keep it out" in page and 'value="cleared"' not in page
    assert "未按规定公示年报" in signed_in().get(f"/record/{record.public_id}").content.decode()


def test_a_removal_that_came_first_is_listed(town: Town, waiting: Batch) -> None:
    removal = EarlyRemoval.objects.get()
    page = signed_in("operator").get("/findings/early/").content.decode()
    assert "六月处罚重报.csv" in page and f">{removal.row}</td>" in page and "finding set aside" in page


def test_a_list_that_lacks_too_much_is_settled_by_the_operator(town: Town, waiting: Batch) -> None:
    operator = signed_in("operator")
    page = operator.get("/lists/").content.decode()
    batch = operator.get(f"/deliveries/{waiting.public_id}").content.decode()
    assert '<a href="/lists/">' in batch
    assert "六月名单.csv" in page and "临市监罚〔2026〕101号" in page
    before = journal.head()
    operator.post(f"/lists/{waiting.public_id}/settle")
    assert journal.head() == before, "the button must be meant"
    done = operator.post(f"/lists/{waiting.public_id}/settle", {"settle": "yes"}, follow=True)
    assert "Records that left the list: 10" in done.content.decode()
    settled = Snapshot.objects.get(batch=waiting)
    assert settled.state == "settled" and settled.settled_by is not None
    assert settled.settled_by.user.username == "operator"
    assert Record.objects.filter(state="ended", contract__startswith="penalties-as-list").count() == 10


@pytest.mark.parametrize("reader", [None, "firm", "market", "bank", "mirror"])
def test_nobody_else_sees_or_decides(town: Town, waiting: Batch, reader: str | None) -> None:
    client, finding = signed_in(reader), SourceFinding.objects.get(kind="alike")
    before = journal.head()
    for path in ("/findings/", "/findings/early/", "/lists/"):
        assert client.get(path).status_code == (302 if reader is None else 403)
    for path, sent in (
        (f"/findings/{finding.public_id}/decide", {"decision": "cleared", "reasons": REASONS}),
        (f"/lists/{waiting.public_id}/settle", {"settle": "yes"}),
    ):
        assert client.post(path, sent).status_code == (302 if reader is None else 403)
    assert journal.head() == before
