"""Contracts in the portal: read in plain words, a breaking version answered by those whom it breaks, then used."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from goodstanding.intake.contract import all_contracts
from goodstanding.intake.contract_models import ContractVersion, SignOff
from goodstanding.intake.contract_queries import contract_standing, open_questions, waiting_versions
from goodstanding.portal import words
from tests.intake.files import AT
from tests.own_contracts import contracts_folder

from .batches import STRICT, thresholds
from .contract_stage import ID, waiting_version
from .stories import Town, signed_in

PAGE = f"/contracts/{ID}/2.0.0/"
REASON = "Our ledger has a column of 10,000 characters for these facts."


def test_a_contract_is_shown_in_plain_words_in_both_languages(town: Town) -> None:
    english = signed_in("market", language="en").get(f"/contracts/{ID}/").content.decode()
    for said in ("Decision number", "must be filled", "part of the key", "at most 128 characters"):
        assert said in english
    assert "on every decision" in english and "within 7 working days" in english
    chinese = signed_in("market", language="zh-hans").get(f"/contracts/{ID}/").content.decode()
    for said in ("行政处罚决定书文号", "必填", "主键", "至多128个字符", "7个工作日内"):
        assert said in chinese
    assert "/catalogue/#penalty" in english


def test_every_shipped_contract_speaks_both_languages() -> None:
    for one in all_contracts():
        sharing = one.clauses.sharing
        for family, code in (("sent", sharing.frequency), ("sent_by", sharing.method)):
            assert code in words._LABELS[family], f"{one.id}: {code} has no Chinese wording"


def test_thresholds_are_said(town: Town) -> None:
    with thresholds():
        page = signed_in("operator", language="en").get(f"/contracts/{STRICT}/").content.decode()
    assert "Validity below 90" in page and "oddly few rows" in page


def test_a_breaking_version_is_answered_and_put_into_use(town: Town) -> None:
    with waiting_version(town.market) as version:
        operator, market, mirror = (
            signed_in(name, language="en") for name in ("operator", "market", "mirror")
        )
        page = operator.get(PAGE).content.decode()
        assert "What breaks" in page and "通报批评" in page and "the greatest length is narrower" in page
        assert page.count("not answered yet") == 2
        assert "Your organisation is asked" in market.get("/contracts/").content.decode()

        assert operator.post(f"{PAGE}activate").status_code == 409
        assert market.post(f"{PAGE}answer", {"answer": "accept"}).status_code == 302
        refused = mirror.post(f"{PAGE}answer", {"answer": "object", "reason": "short"})
        assert refused.status_code == 422 and "needs a reason" in refused.content.decode()
        assert mirror.post(f"{PAGE}answer", {"answer": "object", "reason": REASON}).status_code == 302
        assert REASON in operator.get(PAGE).content.decode()
        assert REASON in mirror.get(PAGE).content.decode()
        assert REASON not in market.get(PAGE).content.decode(), "an objection is between the two"
        assert operator.post(f"{PAGE}activate").status_code == 409

        assert mirror.post(f"{PAGE}answer", {"answer": "accept"}).status_code == 302
        assert [*SignOff.objects.values_list("objection", flat=True)] == ["", ""]
        assert operator.post(f"{PAGE}activate").status_code == 302
        version.refresh_from_db()
        assert version.accepted_at is not None
        late = market.post(f"{PAGE}answer", {"answer": "object", "reason": REASON})
        assert late.status_code == 409
        assert waiting_versions() == []
        assert contract_standing(ID).in_use == version


def test_only_those_who_are_asked_answer_and_only_the_operator_decides(town: Town) -> None:
    with waiting_version(town.market) as version:
        for reader in (None, "firm", "lisi", "bank", "environment", "operator"):
            for answer in ({"answer": "accept"}, {"answer": "object", "reason": REASON}):
                response = signed_in(reader).post(f"{PAGE}answer", answer)
                assert response.status_code == (302 if reader is None else 403), reader
        for reader in (None, "firm", "market", "mirror", "bank"):
            client = signed_in(reader)
            for path in (f"{PAGE}activate", f"/contracts/{ID}/propose"):
                assert client.post(path).status_code == (302 if reader is None else 403), reader
        assert not SignOff.objects.exclude(signed_at=None, objection="").exists()
        for reader, count in (("market", 1), ("mirror", 1), ("environment", 0), ("operator", 0)):
            assert len(open_questions(town.actor(reader))) == count, reader
        page = signed_in("market", language="en").get(PAGE).content.decode()
        assert "mirror" not in page, "who else is asked is the operator's to know"
        assert version.accepted_at is None


def test_the_operator_proposes_what_lies_in_the_folder(town: Town) -> None:
    with waiting_version(town.market) as version:
        version.delete()
        operator = signed_in("operator", language="en")
        page = operator.get(f"/contracts/{ID}/").content.decode()
        assert "Version 2.0.0 lies in the folder" in page and "What breaks" in page
        assert (
            "lies in the folder"
            not in signed_in("market", language="en").get(f"/contracts/{ID}/").content.decode()
        )
        done = operator.post(f"/contracts/{ID}/propose")
        assert done.headers["Location"] == PAGE
        again = operator.post(f"/contracts/{ID}/propose", follow=True)
        assert "is known already" in again.content.decode()
        assert operator.post("/contracts/nothing/propose").status_code == 404


def test_a_faulty_contract_in_the_folder_does_not_take_the_list_away(town: Town) -> None:
    with contracts_folder() as folder:
        (folder / "broken.yaml").write_text("id: broken\n", encoding="utf-8")
        operator = signed_in("operator", language="en")
        page = operator.get("/contracts/").content.decode()
        assert "faulty" in page and "registration" in page
        assert "broken.yaml:1" in operator.get("/contracts/broken/").content.decode()


def test_the_list_is_read_in_few_queries(town: Town) -> None:
    with waiting_version(town.market), CaptureQueriesContext(connection) as queries:
        signed_in("market").get("/contracts/")
        first = len(queries)
        for number in range(3, 9):
            ContractVersion.objects.create(
                contract=ID, version=f"{number}.0.0", digest="x", text="", breaking=True, proposed_at=AT
            )
        before = len(queries)
        signed_in("market").get("/contracts/")
    assert len(queries) - before <= first, "the number of queries does not grow with that of versions"


def test_the_overview_counts_what_waits(town: Town) -> None:
    with waiting_version(town.market):
        page = signed_in("operator", language="en").get("/overview").content.decode()
    assert '<a href="/contracts/"><b>1</b> Contract versions</a>' in page
    assert '<a href="/findings/" class="none"><b>0</b> Removals</a>' in page
