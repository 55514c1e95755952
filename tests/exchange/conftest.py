"""What tests of the exchange may ask for: the platform behind a real socket, and where a mirror's store lies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .places import place as place
from .stage import serving


@pytest.fixture
def url(database: str) -> Iterator[str]:
    """The address of the platform, which serves the test's own database."""
    with serving() as address:
        yield address
