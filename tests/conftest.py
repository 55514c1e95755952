"""What every test may ask for: a real PostgreSQL server, and a database of its own, cloned from a template.

No test shares a database with another, so commits, locks, crashes and triggers are the real ones.
``GOODSTANDING_TEST_SERVER=debian`` runs the same tests on the server that Debian installed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_scratch = Path(tempfile.mkdtemp(prefix="goodstanding-tests-"))
_scratch.chmod(0o755)
os.environ["GOODSTANDING_HOME"] = str(_scratch / "home")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")

import django  # noqa: E402

django.setup()

import hypothesis  # noqa: E402
import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from goodstanding.site import embedded_postgres  # noqa: E402
from goodstanding.site.settings import database as database_settings  # noqa: E402

from .receiver import Receiver, receiving  # noqa: E402

#: How long an example takes says how busy the machine is, nothing about what is tested.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_sessionfinish() -> None:
    shutil.rmtree(_scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def scratch() -> Path:
    """A folder for this run, removed at its end."""
    return _scratch


def debians_server() -> Path | None:
    """The bin folder of the newest server that Debian installed, if any."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0])
    )
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def server() -> Iterator[embedded_postgres.Cluster]:
    """The database server of this run: the embedded one, or Debian's where the environment asks for it."""
    binaries = None
    if os.environ.get("GOODSTANDING_TEST_SERVER") == "debian":
        binaries = debians_server()
        assert binaries, "GOODSTANDING_TEST_SERVER=debian, but no server below /usr/lib/postgresql"
    # Tests kill processes, never the machine, so the file system's cache is durable enough and much faster.
    options = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
    with embedded_postgres.running(_scratch / "server", binaries=binaries, options=options) as cluster:
        yield cluster


def _use(url: str) -> None:
    connections["default"].close()
    settings = database_settings(url)
    connections["default"].settings_dict.update(settings)
    connections.settings["default"].update(settings)
    os.environ["DATABASE_URL"] = url


@pytest.fixture(scope="session")
def template_database(server: embedded_postgres.Cluster) -> str:
    """A migrated database to clone. Its name."""
    _use(server.url())
    call_command("migrate", verbosity=0)
    connections["default"].close()
    return "goodstanding"


_numbers = itertools.count(1)


def clone(server: embedded_postgres.Cluster, template: str) -> str:
    """Copy a database, to which nobody may be connected, and point Django at the copy. Its name."""
    connections["default"].close()
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    _use(server.url(name))
    return name


def drop(server: embedded_postgres.Cluster, name: str) -> None:
    """Remove a copy."""
    connections["default"].close()
    os.environ.pop("DATABASE_URL", None)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(server: embedded_postgres.Cluster, template_database: str) -> Iterator[str]:
    """An empty migrated database for one test; Django and ``DATABASE_URL`` point at it. Its address."""
    name = clone(server, template_database)
    yield server.url(name)
    drop(server, name)


@pytest.fixture(scope="module")
def module_database(server: embedded_postgres.Cluster, template_database: str) -> Iterator[str]:
    """Like ``database``, shared by the tests of a module that only read or that tell one story."""
    name = clone(server, template_database)
    yield server.url(name)
    drop(server, name)


@pytest.fixture
def own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake and the inbox lie in the test's own folder."""
    monkeypatch.setattr(settings, "LAKE_FOLDER", str(tmp_path / "lake"))
    monkeypatch.setattr(settings, "INTAKE_FOLDER", tmp_path / "inbox")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server that keeps the webhooks that it gets."""
    with receiving() as server:
        yield server


@pytest.fixture
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks may go to this machine."""
    monkeypatch.setattr(settings, "PUSH_TO_PRIVATE_ADDRESSES", True, raising=False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real data is not here ({SHARED_DATA})")
    return SHARED_DATA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"database", "module_database", "server", "template_database"}:
            item.add_marker(pytest.mark.database)
