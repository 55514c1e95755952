"""Real data is taken in under contracts of its own, which are not shipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding.registry.catalogue.sync import sync

CONTRACTS = Path(__file__).parent / "contracts"
CATALOGUE = Path(__file__).parent / "catalogue"


@pytest.fixture(scope="package", autouse=True)
def own_contracts() -> Iterator[None]:
    """Install contracts and lists of the catalogue as an installation installs its own; removed afterwards."""
    home = Path(settings.INTAKE_FOLDER).parent
    shutil.copytree(CONTRACTS, home / "contracts")
    shutil.copytree(CATALOGUE, home / "catalogue")
    yield
    shutil.rmtree(home / "contracts")
    shutil.rmtree(home / "catalogue")


@pytest.fixture
def database(database: str) -> str:
    """A database that holds the items of these lists too."""
    sync()
    return database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.realdata)
