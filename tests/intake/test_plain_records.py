"""Files for the registry through the columns: whatever they hold, they end as row by row, and exactly once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connections

from goodstanding.intake.models import Batch
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority, Entity
from goodstanding.site.embedded_postgres import Cluster
from goodstanding.world import generate
from tests.intake.files import take_in
from tests.intake.two_ways import assert_same, both_ways

ON = date(2026, 6, 1)


def test_a_city_ends_the_same_both_ways(server: Cluster, database: str, tmp_path: Path) -> None:
    """Every file of it, of every form, cut into portions; then one of them once more."""
    generate(tmp_path, entities=600, seed=20261123, on=ON, records=2_500)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    register, *files = [file for file in manifest["files"] if file["contract"] != "utility-payments"]
    take_in(tmp_path / register["path"], register["contract"], sender(register), today=ON)
    entities = Entity.objects.order_by("-pk")[0].pk
    connections["default"].close()

    def story() -> list[Batch]:
        taken = [
            take_in(tmp_path / file["path"], file["contract"], sender(file), today=ON, chunk=170)
            for file in [*files, files[0]]
        ]
        assert {batch.state for batch in taken} == {"done"}
        return taken

    rows, columns, plain = both_ways(
        server, database.rsplit("/", 1)[1].split("?")[0], story, entities=entities
    )
    assert_same(rows, columns)
    assert rows["records"] and rows["rejected rows"] and rows["findings"] == []
    taken = sum(file["rows"] for file in [*files, files[0]])
    assert sum(plain) > 0.6 * taken, (plain, taken)


def sender(file: dict[str, Any]) -> Authority:
    return Authority.objects.get(code=file["authority"])
