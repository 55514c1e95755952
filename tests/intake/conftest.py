"""Who sends in the tests of intake."""

from __future__ import annotations

import pytest

from goodstanding.registry.models import Authority

from .bills import utility


@pytest.fixture
def waterworks(database: str) -> Authority:
    return utility()
