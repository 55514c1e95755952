"""What tests of the API may ask for: a town in a database of the test's own, and everybody in it at a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stage import Caller, Town, calling


@pytest.fixture
def town(database: str) -> Town:
    return Town()


@pytest.fixture
def callers(town: Town) -> Iterator[dict[str, Caller]]:
    with calling(town) as found:
        yield found
