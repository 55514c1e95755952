"""Facts over the API: to those whose they are, proved offline, read by others with a note."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from goodstanding import proof
from goodstanding.cli.verify import verify
from goodstanding.registry.models import Reading

from ..exchange.stage import seal_all
from ..portal.test_facts import deliver
from .stage import Caller, Town

pytestmark = pytest.mark.usefixtures("own_lake")


def _verified(document: bytes, *, key: str, folder: Path) -> str:
    """What ``goodstanding verify`` says of a document."""
    file = folder / "proof.json"
    file.write_bytes(document)
    done = CliRunner().invoke(verify, [str(file), "--key", key.strip()])
    assert done.exit_code == 0, done.output
    return done.output


def test_facts_are_read_by_whose_they_are_and_proved_offline(
    callers: dict[str, Caller], town: Town, tmp_path: Path
) -> None:
    deliver(tmp_path, town.tax, town.firm, first=1, count=12)
    seal_all()
    path = f"/entities/{town.firm.public_id}/facts"
    for role in ("firm", "tax", "operator"):
        said = callers[role].get(f"{path}?limit=5&offset=2").json()
        assert said["total"] == 12 and [fact["document_no"] for fact in said["facts"]] == [
            "W3",
            "W4",
            "W5",
            "W6",
            "W7",
        ]
        fact = said["facts"][0]
        assert fact["content"]["JFZT"] == "已缴" and fact["source"]["code"] == town.tax.code
        assert fact["amount_yuan"] == "12.50" and fact["state"] == "unpublished"
        proved = callers[role].get(f"/facts/{fact['batch']}/{fact['row']}/proof")
        assert proof.verify_fact_proof(proved.content).content == fact["content"]
    assert "PROVED" in _verified(proved.content, key=callers["public"].get("/log/key").text, folder=tmp_path)
    noted = Reading.objects.filter(entity=town.firm, reader__user__username__in=["tax", "operator"])
    assert noted.count() == 4 and not Reading.objects.filter(reader__user__username="firm").exists()
    nothing = callers["public"].get("/facts/no-id/2/proof")
    for role in ("public", "other", "market", "bank", "subscriber"):
        assert callers[role].get(path).json()["total"] == 0, role
        hidden = callers[role].get(f"/facts/{fact['batch']}/{fact['row']}/proof")
        assert (hidden.status_code, hidden.content) == (404, nothing.content), role
    assert callers["public"].get(f"/entities/{town.person.public_id}/facts").status_code == 404
