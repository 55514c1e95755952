"""Connectors, against real folders and a real web server: what they ask, whom they ask, and what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection

from goodstanding.casework import connectors, own_motion
from goodstanding.casework.connectors import Connector, ConnectorError, ConnectorsRefused, Wanted
from goodstanding.casework.evidence import FILE_LIMIT
from goodstanding.casework.evidence_reading import evidence_of, materials_of
from goodstanding.casework.fetching import WAITS, fetch_due
from goodstanding.casework.holders import holder_of
from goodstanding.casework.models import Case, Evidence, EvidenceContent, Fetch, Kind
from goodstanding.registry.models import Event

from .stories import AT, PDF, TODAY, Town, apply, proof, take

WANTED = Wanted("proof_of_performance", "91980102MA0000017K", "临市监罚〔2026〕7号", "r-1")
HOLDER = {
    "material": "proof_of_performance",
    "holder_en": "Linhu Finance Bureau",
    "holder_zh": "临湖市财政局",
}


class Bureau(ThreadingHTTPServer):
    """The web server of a body that holds documents: answers as told, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.drip = 200, PDF, 0.0
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Bureau

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url + "/elsewhere")
        self.end_headers()
        for start in range(0, len(self.server.body), 1 << 20):
            self.wfile.write(self.server.body[start : start + (1 << 20)])
            time.sleep(self.server.drip)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def bureau() -> Iterator[Bureau]:
    with Bureau() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the file of connectors and use it."""
    count = 0

    def write(*items: dict[str, Any], hosts: dict[str, str] | None = None) -> connectors.Connectors:
        nonlocal count
        count += 1
        path = tmp_path / f"connectors-{count}.yaml"
        path.write_text(yaml.safe_dump({"hosts": hosts or {}, "connectors": list(items)}), encoding="utf-8")
        monkeypatch.setattr(settings, "CONNECTORS", str(path))
        return connectors.connectors()

    return write


def fetch(held: connectors.Connectors, wanted: Wanted = WANTED) -> bytes | None:
    (connector,) = held.connectors
    return held.fetch(connector, wanted)


def fails(held: connectors.Connectors, wanted: Wanted = WANTED) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        fetch(held, wanted)
    assert error.value.en and error.value.zh
    assert WANTED.code not in str(error.value), "what was asked for is nobody's business"
    return error.value


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({}, "one of the two"),
        ({"file": "/a/{code}", "http": "https://a.example/{code}"}, "one of the two"),
        ({"file": "a/{code}.pdf"}, "full path"),
        ({"file": "/a/{code}.pdf", "bearer": "X"}, "belong to"),
        ({"file": "/a/{material}.pdf"}, "name {code}"),
        ({"file": "/a/{code}/{secret}.pdf"}, "unknown places"),
        ({"file": "/a/{code!r}.pdf"}, "unknown places"),
        ({"file": "/a/{code}}.pdf"}, "Single"),
        ({"http": "https://b.example/{code}"}, "not among"),
        ({"http": "https://u:p@a.example/{code}"}, "carries no secret"),
        ({"http": "http://a.example/{code}"}, "must begin with https"),
        ({"http": "ftp://in.example/{code}"}, "must begin with http or https"),
        ({"file": "/a/{code}.pdf", "material": "commitment_letter"}, "own word"),
        ({"file": "/a/{code}.pdf", "colour": "red"}, "extra_forbidden"),
        ({"file": "/a/{code}.pdf", "holder_zh": ""}, "holder_zh"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_reason(
    configure: Any, item: dict[str, str], says: str
) -> None:
    with pytest.raises(ConnectorsRefused) as refused:
        configure(HOLDER | item, hosts={"a.example": "public", "in.example": "private"})
    assert says in str(refused.value) and "connectors-1.yaml" in str(refused.value)


def test_without_a_file_nobody_is_connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "CONNECTORS", str(tmp_path / "nothing.yaml"))
    assert connectors.connectors().connectors == ()


def test_a_folder_gives_the_document_of_its_place(configure: Any, tmp_path: Path) -> None:
    held = configure(HOLDER | {"file": f"{tmp_path}/held/{{code}}/{{document_no}}-{{material}}.*"})
    assert fails(held).en == "its folder is not there"
    folder = tmp_path / "held" / WANTED.code
    folder.mkdir(parents=True)
    assert fetch(held) is None
    (folder / "临市监罚〔2026〕7号-proof_of_performance.pdf").write_bytes(PDF)
    assert fetch(held) == PDF
    assert fetch(held, Wanted("proof_of_performance", WANTED.code, "临市监罚〔2026〕8号", "r")) is None


@pytest.mark.parametrize("number", ["..", "../../x", "a/b", "a\\b", "", "a\x00b"])
def test_no_document_number_leads_out_of_the_folder(configure: Any, tmp_path: Path, number: str) -> None:
    (tmp_path / "held").mkdir()
    (tmp_path / "x.pdf").write_bytes(PDF)
    held = configure(HOLDER | {"file": f"{tmp_path}/held/{{code}}/{{document_no}}.pdf"})
    assert "file" in fails(held, Wanted("proof_of_performance", "..", number, "r")).en


def test_no_link_leads_out_of_the_folder(configure: Any, tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (tmp_path / "held" / f"{WANTED.code}.pdf").symlink_to(tmp_path / "secret.pdf")
    held = configure(HOLDER | {"file": f"{tmp_path}/held/{{code}}.pdf"})
    assert "outside" in fails(held).en


def test_http_asks_with_its_credentials_and_quotes_what_it_asks_for(
    configure: Any, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{bureau.url}/receipts/{{code}}?no={{document_no}}&m={{material}}"
    held = configure(
        HOLDER | {"http": address, "bearer": "TEST_TOKEN", "hmac": "TEST_KEY"}, hosts={"127.0.0.1": "private"}
    )
    assert "TEST_TOKEN" in fails(held).en and not bureau.asked, "without its secret it does not ask"
    monkeypatch.setenv("TEST_TOKEN", "letmein")
    monkeypatch.setenv("TEST_KEY", "k")
    assert fetch(held, Wanted("proof_of_performance", WANTED.code, "7号&x=/../", "r")) == PDF
    ((path, headers),) = bureau.asked
    assert path == f"/receipts/{WANTED.code}?no=7%E5%8F%B7%26x%3D%2F..%2F&m=proof_of_performance"
    assert headers["authorization"] == "Bearer letmein"
    said = f"GET\n{path}\n{headers['goodstanding-timestamp']}".encode()
    expected = hmac.new(b"k", said, hashlib.sha256).hexdigest()
    assert headers["goodstanding-signature"] == f"hmac-sha256={expected}"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, PDF, PDF),
        (404, b"", None),
        (204, b"", None),
        (500, b"", "500"),
        (302, b"", "302"),
        (401, b"", "401"),
    ],
)
def test_http_answers(configure: Any, bureau: Bureau, status: int, body: bytes, outcome: Any) -> None:
    held = configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.status, bureau.body = status, body
    if isinstance(outcome, str):
        assert outcome in fails(held).en
    else:
        assert fetch(held) == outcome
    assert len(bureau.asked) == 1, "a redirect is not followed"


def test_http_takes_neither_too_much_nor_too_long(
    configure: Any, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.body = b"x" * (FILE_LIMIT + (3 << 20))
    assert "exceeds" in fails(held).en
    bureau.body, bureau.drip = b"x" * (4 << 20), 0.2
    monkeypatch.setattr(connectors, "_PATIENCE", 0.1)
    assert "slowly" in fails(held).en
    bureau.server_close()
    bureau.shutdown()
    assert fails(held).away


def test_a_public_host_that_leads_into_the_inner_network_is_not_asked(configure: Any, bureau: Bureau) -> None:
    address = f"https://localhost:{bureau.server_port}/{{code}}"
    held = configure(HOLDER | {"http": address}, hosts={"localhost": "public"})
    error = fails(held)
    assert "not a public address" in error.en and error.away and not bureau.asked


# What becomes of what is fetched.


def at(later: timedelta = timedelta()) -> Any:
    def clock() -> datetime:
        return AT + later

    return clock


def state_of(case: Case) -> tuple[str, int, str]:
    found = Fetch.objects.get(case=case)
    return found.state, found.attempts, found.reason_en


@pytest.mark.usefixtures("database")
def test_a_document_is_fetched_shown_as_such_and_not_asked_for(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    record = town.record()
    holder = holder_of("proof_of_performance", record)
    assert isinstance(holder, Connector) and holder.holder_zh == "临湖市财政局"
    assert holder_of("other_material", record) is None
    case = apply(town.firm, record, evidence=[]).cases.get()
    assert not bureau.asked, "an application waits for nobody"
    (material, *_) = materials_of(town.firm, case, on=TODAY)
    assert not material.given and material.fetch is not None and material.fetch.state == "waiting"
    assert fetch_due(at_clock=at()) == 1
    assert fetch_due(at_clock=at(timedelta(days=1))) == 0
    for actor in (town.firm, town.market_officer):
        (shown,) = evidence_of(actor, case, on=TODAY)
        assert (shown.file.holder_zh, shown.reading, shown.file.by) == ("临湖市财政局", "whole", None)
        assert shown.file.name.endswith(".pdf") and shown.file.case == case
        assert materials_of(actor, case, on=TODAY)[0].given
    (told,) = Event.objects.filter(kind="evidence.fetched").values_list("content", flat=True)
    assert told["case"] == str(case.public_id)
    assert bytes(EvidenceContent.objects.get().content) == PDF


@pytest.mark.usefixtures("database")
def test_what_the_entity_hands_in_itself_is_not_fetched(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    first, second = town.record(), town.record()
    application = apply(town.firm, first, second, evidence=[proof(record=first.public_id)])
    (wanted,) = Fetch.objects.all()
    assert wanted.case == application.cases.get(record=second)
    assert fetch_due(at_clock=at()) == 1 and len(bureau.asked) == 1


@pytest.mark.usefixtures("database")
def test_connectors_answer_for_their_kinds_and_authorities(configure: Any, tmp_path: Path) -> None:
    town = Town()
    file = {"file": f"{tmp_path}/{{code}}.pdf"}
    configure(
        HOLDER | file | {"kinds": ["abnormal_list"]},
        HOLDER | file | {"authorities": [town.tax.code], "holder_zh": "税务"},
    )
    assert holder_of("proof_of_performance", town.record()) is None
    found = holder_of("proof_of_performance", town.record(town.tax))
    assert found is not None and found.holder_zh == "税务"
    assert holder_of("proof_of_performance", town.record(kind="abnormal_list", measures=())) is not None


@pytest.mark.usefixtures("database")
def test_a_holder_that_has_none_leaves_the_material_asked_for(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.status, bureau.body = 404, b""
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    assert fetch_due(at_clock=at()) == 0
    assert state_of(case) == ("absent", 1, "The holder has no such document.")
    (material, *_) = materials_of(town.market_officer, case, on=TODAY)
    assert not material.given and material.required
    case = take("ask", town.market_officer, case)
    take("supply", town.firm, case, evidence=[proof()])
    assert materials_of(town.market_officer, case, on=TODAY)[0].given


@pytest.mark.usefixtures("database")
def test_a_holder_that_fails_is_tried_again_a_few_times_and_the_case_goes_on(
    configure: Any, bureau: Bureau
) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.status, bureau.body = 500, b""
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    later = timedelta()
    for number, wait in enumerate(WAITS, start=1):
        fetch_due(at_clock=at(later))
        assert state_of(case) == ("waiting", number, "Linhu Finance Bureau: it answered with status 500.")
        later += wait
        assert fetch_due(at_clock=at(later - timedelta(seconds=1))) == 0 and len(bureau.asked) == number
    fetch_due(at_clock=at(later))
    assert state_of(case)[:2] == ("failed", len(WAITS) + 1)
    fetch_due(at_clock=at(later + timedelta(days=9)))
    assert len(bureau.asked) == len(WAITS) + 1
    for code in ("accept", "grant"):
        case = take(code, town.market_officer, case)
    assert case.state == "granted"


@pytest.mark.usefixtures("database")
def test_of_a_holder_that_is_away_one_case_is_asked_and_the_others_wait_a_minute(
    configure: Any, bureau: Bureau, tmp_path: Path
) -> None:
    town = Town()
    port = bureau.server_port
    configure(
        HOLDER | {"http": f"http://127.0.0.1:{port}/{{code}}", "authorities": [town.market.code]},
        HOLDER | {"file": f"{tmp_path}/{{code}}.pdf", "holder_zh": "税务", "authorities": [town.tax.code]},
        hosts={"127.0.0.1": "private"},
    )
    bureau.shutdown()
    bureau.server_close()
    apply(town.firm, town.record(), town.record(), town.record(), evidence=[])
    apply(town.firm, town.record(town.tax), evidence=[])
    code = town.entity.identifiers.get(scheme="uscc").value
    (tmp_path / f"{code}.pdf").write_bytes(PDF)
    assert fetch_due(at_clock=at()) == 1, "another holder is asked all the same"
    waiting = Fetch.objects.filter(state="waiting")
    assert sorted(waiting.values_list("attempts", flat=True)) == [0, 0, 1]
    assert {item.next_at for item in waiting} == {AT + WAITS[0]}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("body", "says"), [(b"MZ\x90\x00\x03", "is not a PDF"), (b"<html>sorry</html>", "")])
def test_what_comes_passes_the_same_checks(configure: Any, bureau: Bureau, body: bytes, says: str) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.body = body
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    fetch_due(at_clock=at())
    if says:
        state, _, reason = state_of(case)
        assert state == "failed" and says in reason and not Evidence.objects.exists()
    else:
        assert Evidence.objects.get().media_type == "text/plain", "text is text, and is only ever downloaded"


@pytest.mark.usefixtures("database")
def test_what_comes_passes_the_scanner(
    configure: Any, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    other = apply(town.firm, town.record(), evidence=[]).cases.get()
    monkeypatch.setattr(settings, "SCANNER", "sh -c 'exit 2'")
    fetch_due(at_clock=at(), limit=1)
    assert state_of(case)[:2] == ("waiting", 1), "a scanner that is away is waited for"
    monkeypatch.setattr(settings, "SCANNER", "sh -c 'cat >/dev/null; echo Bad-Thing; exit 1'")
    fetch_due(at_clock=at())
    state, _, reason = state_of(other)
    assert state == "failed" and "Bad-Thing" in reason and not Evidence.objects.exists()


@pytest.mark.usefixtures("database")
def test_a_document_that_comes_after_the_end_is_not_kept(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    take("withdraw", town.firm, case)
    assert fetch_due(at_clock=at()) == 0
    assert state_of(case)[0] == "failed" and not Evidence.objects.exists()


@pytest.mark.concurrency
@pytest.mark.usefixtures("database")
def test_two_workers_write_a_document_once(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    bureau.drip = 0.2
    apply(town.firm, *[town.record() for _ in range(3)], evidence=[])
    came: list[int] = []

    def work() -> None:
        try:
            came.append(fetch_due(at_clock=at()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(came) == 3 == Evidence.objects.count()
    assert Event.objects.filter(kind="evidence.fetched").count() == 3
    assert EvidenceContent.objects.count() == 1


@pytest.mark.usefixtures("database")
def test_the_missing_proof_of_an_own_motion_is_fetched_too(configure: Any, bureau: Bureau) -> None:
    town = Town()
    configure(HOLDER | {"http": f"{bureau.url}/{{code}}"}, hosts={"127.0.0.1": "private"})
    tomorrow = TODAY + timedelta(days=1)
    record = town.record(
        found_on=tomorrow - timedelta(days=92),
        publish_from=tomorrow - timedelta(days=92),
        restorable_from=tomorrow,
    )
    own_motion.sweep(on=TODAY, at_clock=at())
    case = Case.objects.get(record=record, kind=Kind.OWN_MOTION)
    assert own_motion.missing_proof(case) is not None
    assert [item.code for item in materials_of(town.firm, case, on=TODAY)] == ["proof_of_performance"]
    assert fetch_due(at_clock=at()) == 1
    assert own_motion.missing_proof(case) is None
