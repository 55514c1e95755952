"""Bills of a waterworks: mass facts that go to the lake, and a process that takes them in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from goodstanding.intake import lake
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority, Entity
from tests.intake.files import write_csv
from tests.registry.factories import make_authority

CONTRACT = "utility-payments"


def utility(name: str = "临湖市供水有限公司") -> Authority:
    """A sender of bills."""
    found = make_authority(name)
    Authority.objects.filter(pk=found.pk).update(source_kind="utility")
    return Authority.objects.get(pk=found.pk)


def bills(entities: list[Entity], *, first: int = 1, amount: str = "12.50") -> list[dict[str, str]]:
    """A bill for each entity, numbered from ``first``."""
    return [
        {
            "MC": entity.name,
            "TYSHXYDM": entity.identifiers.get(scheme="uscc").value,
            "ZDBH": f"W{number}",
            "YWLX": "水",
            "ZQ": "2026-05",
            "ZDRQ": "2026-05-20",
            "JE": amount,
            "JFZT": "已缴",
        }
        for number, entity in enumerate(entities, start=first)
    ]


def sent(folder: Path, name: str, rows: list[dict[str, str]]) -> Path:
    return write_csv(folder / name, CONTRACT, rows)


def rows_in_lake() -> int:
    return sum(file.rows for file in lake.plan(lake.open_lake()))


def outcomes(batch: Batch) -> tuple[int, int, int, int]:
    """How many rows were committed, unchanged, superseding and rejected."""
    return (batch.committed, batch.unchanged, batch.superseding, batch.rejected)


RUN = """
import os, sys
import django
from django.conf import settings
import goodstanding.site.settings
os.environ["DJANGO_SETTINGS_MODULE"] = "goodstanding.site.settings"
django.setup()
settings.LAKE_FOLDER, settings.INTAKE_FOLDER = sys.argv[2], __import__("pathlib").Path(sys.argv[3])
from tests.intake.files import TODAY, clock
from goodstanding.intake import commands
print("up", flush=True)
commands.run(int(sys.argv[1]), today=TODAY, at_clock=clock)
"""


def start(batch: Batch, database: str) -> subprocess.Popen[str]:
    """A process of its own that takes a batch in; it says ``up`` when it begins."""
    environment = os.environ | {"DATABASE_URL": database}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(batch.pk), str(settings.LAKE_FOLDER), str(settings.INTAKE_FOLDER)],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
