"""A worker killed while it writes down what it fetched has written nothing, and the document is fetched again, once."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import connection

from goodstanding.casework.fetching import fetch_due
from goodstanding.casework.models import Evidence, EvidenceContent, Fetch
from goodstanding.registry.models import Event

from ..casework.stories import AT, PDF, Town, apply
from ..processes import ended, forked, settled
from .test_decision_crash import KillAt

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.crash]


def test_killed_before_any_statement_of_a_fetch_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    code = town.entity.identifiers.get(scheme="uscc").value
    (tmp_path / f"{code}.pdf").write_bytes(PDF)
    item = {
        "material": "proof_of_performance",
        "holder_en": "Linhu Finance Bureau",
        "holder_zh": "临湖市财政局",
        "file": f"{tmp_path}/{{code}}.pdf",
    }
    (tmp_path / "connectors.yaml").write_text(yaml.safe_dump({"connectors": [item]}), encoding="utf-8")
    monkeypatch.setattr(settings, "CONNECTORS", str(tmp_path / "connectors.yaml"))
    apply(town.firm, town.record(), evidence=[])

    def fetch(number: int) -> None:
        connection.execute_wrappers.append(KillAt(number))
        fetch_due(at_clock=lambda: AT)

    number = 1
    while (status := ended(forked(partial(fetch, number)))) == -signal.SIGKILL:
        settled()
        held = Fetch.objects.get()
        assert (held.state, held.attempts) == ("waiting", 0)
        assert not Evidence.objects.exists() and not EvidenceContent.objects.exists()
        assert not Event.objects.filter(kind="evidence.fetched").exists()
        number += 1
    assert status == 0 and number > 8
    assert Fetch.objects.get().state == "found"
    assert Evidence.objects.count() == EvidenceContent.objects.count() == 1
    assert Event.objects.filter(kind="evidence.fetched").count() == 1
