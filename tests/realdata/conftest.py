"""Real data is taken in under contracts of its own, which are not shipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

CONTRACTS = Path(__file__).parent / "contracts"


@pytest.fixture(scope="package", autouse=True)
def own_contracts() -> Iterator[None]:
    """Install the contracts of this folder as an installation installs its own; removed afterwards."""
    folder = Path(settings.INTAKE_FOLDER).parent / "contracts"
    shutil.copytree(CONTRACTS, folder)
    yield
    shutil.rmtree(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.realdata)
