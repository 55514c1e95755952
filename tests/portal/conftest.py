"""Fixtures of the portal's tests without a browser."""

from __future__ import annotations

import pytest

from .stories import Town, build_town


@pytest.fixture
def town(database: str) -> Town:
    """A fresh town in a database of its own."""
    return build_town()
