"""What every measurement needs: a scratch installation, the machine's description, percentiles."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from collections.abc import Iterator
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
