"""The platform as processes: served, killed, restarted; the embedded server shared and left by its users."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone

from goodstanding.registry import queries
from goodstanding.registry.models import Record
from goodstanding.site.embedded_postgres import embedded_binaries, running
from goodstanding.site.serve import Platform, free_port, platform

from ..registry.factories import make_authority, make_entity, make_record, reported, take_in


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def sealed() -> bool:
    counts = queries.counts()
    return counts["sealed_size"] == counts["journal_position"]


def status(url: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{url}/api/v1/status", timeout=5) as answer:
        return dict(json.loads(answer.read()))


@pytest.fixture
def served(database: str) -> Iterator[Platform]:
    with platform(host="127.0.0.1", port=18_000, workers=1) as found:
        yield found


@pytest.mark.crash
def test_a_killed_worker_and_a_killed_web_server_come_back(served: Platform) -> None:
    entity, authority = make_entity(), make_authority()
    make_record(entity, authority)
    assert until(sealed), "the worker seals"
    for name in ("worker", "web"):
        os.killpg(served.processes[name].pid, signal.SIGKILL)
        served.processes[name].wait()
        make_record(entity, authority)
        served.keep_running()
        assert until(sealed), f"sealing goes on after {name} was killed"
        served.wait_until_it_answers()
    running_now = queries.running()["processes"]
    assert isinstance(running_now, dict) and set(running_now) <= {"web", "worker", "streams"}
    assert "PostgreSQL" not in str(status(served.url)), "what runs is nobody's business but the operator's"


@pytest.mark.crash
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3])
def test_a_platform_killed_while_its_workers_start_leaves_nobody_behind(
    database: str, seconds: float
) -> None:
    program = (
        "import time; from goodstanding.site.serve import Platform, free_port\n"
        "ports = free_port('127.0.0.1', 18_100), free_port('127.0.0.1', 18_200)\n"
        "p = Platform('127.0.0.1', *ports, 2); p.keep_running()\n"
        "print(p.processes['web'].pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    web = int(parent.stdout.readline())
    children = Path(f"/proc/{web}/task/{web}/children")
    assert until(lambda: bool(children.read_text()))
    time.sleep(seconds)
    parent.kill()
    # The pipe closes when the last process that holds it is gone, the web server's workers included.
    parent.communicate(timeout=30)


def test_the_worker_ends_publication_at_its_maximum(served: Platform) -> None:
    record = _ending_today()
    os.killpg(served.processes["worker"].pid, signal.SIGKILL)  # a fresh worker sweeps at once
    served.processes["worker"].wait()
    served.keep_running()
    assert until(lambda: Record.objects.get(pk=record.pk).state == "ended")
    assert [event.kind for event in queries.history_of(record)] == ["record.committed", "record.ended"]


def _ending_today() -> Record:
    """A record taken in yesterday, when it was still published, whose publication ends today."""
    today = timezone.localdate()
    row = reported(
        make_entity(),
        make_authority(),
        found_on=today - timedelta(days=365),
        publish_from=today - timedelta(days=365),
        restorable_from=today - timedelta(days=270),
        publish_until=today,
    )
    (outcome,) = take_in(row, today=today - timedelta(days=1))
    return Record.objects.get(pk=outcome.record_id)


def test_the_last_user_stops_the_embedded_server(scratch: Path) -> None:
    folder = scratch / "shared-server"
    program = (
        "import sys, time; from pathlib import Path;"
        "from goodstanding.site.embedded_postgres import embedded_binaries, running\n"
        f"with running(Path({str(folder)!r})) as c: print('up', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout and first.stdout.readline() == "up\n"
    with running(folder) as cluster:
        url = cluster.url()
        first.communicate()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,), "the second user keeps it running"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


@pytest.mark.crash
def test_a_killed_user_leaves_the_server_usable_and_loses_nothing(scratch: Path) -> None:
    folder = scratch / "killed-server"
    program = (
        "import time; from pathlib import Path; import psycopg\n"
        "from goodstanding.site.embedded_postgres import embedded_binaries, running\n"
        f"with running(Path({str(folder)!r})) as c:\n"
        " with psycopg.connect(c.url()) as x: x.execute('CREATE TABLE kept (n int)')\n"
        " print('up', flush=True); time.sleep(600)"
    )
    user = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert user.stdout and user.stdout.readline() == "up\n"
    user.kill()
    user.wait()
    with running(folder) as cluster, psycopg.connect(cluster.url()) as connection:
        connection.execute("SELECT * FROM kept")
        postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    state = Path(f"/proc/{postmaster}/stat")
    assert until(lambda: not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z", 10)


@pytest.mark.crash
def test_a_killed_postmaster_is_started_again_with_its_rows(scratch: Path) -> None:
    folder = scratch / "killed-postmaster"
    with running(folder) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with running(folder) as cluster, psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_taken_port_is_passed_over() -> None:
    port = free_port("127.0.0.1", 19_000)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert free_port("127.0.0.1", port) != port


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_runs_a_server_whose_folders_nobody_else_can_enter(scratch: Path) -> None:
    private = scratch / "private"
    private.mkdir(mode=0o700)
    package = embedded_binaries().parent.parent
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), private / name, symlinks=True)
    binaries = private / package.name / "pginstall" / "bin"
    with running(private / "postgres", binaries=binaries) as cluster:
        try:
            assert not cluster.folder.is_relative_to(private)
            with psycopg.connect(cluster.url()) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            found = cluster.folder
    shutil.rmtree(found)
