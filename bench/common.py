"""What every measurement needs: a scratch installation, the machine's description, percentiles."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def percentiles(seconds: list[float]) -> str:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return f"p50 {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms, p99 {at(0.99):.1f} ms of {len(ordered):,}"


def machine() -> str:
    """One line about where this was measured."""
    model = "unknown processor"
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, load before {load:.2f}"


@contextlib.contextmanager
def installation() -> Iterator[Path]:
    """A fresh installation in a temporary folder, its server as durable as a real one (fsync on)."""
    with tempfile.TemporaryDirectory(prefix="goodstanding-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ["GOODSTANDING_HOME"] = str(Path(folder) / "home")
        os.environ.pop("DATABASE_URL", None)
        from goodstanding.site.database import database
        from goodstanding.site.embedded_postgres import running

        with running(Path(folder) / "server", options={"shared_buffers": "512MB"}) as server:
            os.environ["DATABASE_URL"] = server.url()
            with database():
                yield Path(folder)
        os.environ.pop("DATABASE_URL", None)


def cpu_of_children_and_self() -> float:
    """Processor seconds of this process so far (user and system)."""
    used = os.times()
    return used.user + used.system


def _with_children(pids: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """The processes that live of these and of all that they started, with the fields of their stat after the name."""
    stats: dict[int, list[str]] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = entry.read_text().rsplit(")", 1)[1].split()
            pid = int(entry.parent.name)
            stats[pid] = fields
            children.setdefault(int(fields[1]), []).append(pid)
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, ())
        if pid in stats:
            yield pid, stats[pid]


def processor_of(pids: Iterable[int]) -> float:
    """Processor seconds so far of processes and of all that they started, ended ones included."""
    ticks = sum(sum(map(int, fields[11:15])) for _, fields in _with_children(pids))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_of(pids: Iterable[int]) -> int:
    """The most memory in bytes that each of these processes and of those that they started had, added up."""
    total = 0
    for pid, _ in _with_children(pids):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total += int(line.split()[1]) * 1024
    return total


def server_cpu() -> float:
    """Processor seconds of the database server's processes so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    total = 0.0
    parent = Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1]
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[1] == parent or entry.parent.name == parent:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total
