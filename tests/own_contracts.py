"""Contracts that an installation has of its own, for as long as a test needs them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def contracts_folder() -> Iterator[Path]:
    """The installation's folder of contracts, empty; removed afterwards with what was put into it."""
    folder: Path = Path(settings.INTAKE_FOLDER).parent / "contracts"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
