"""A standalone Spark cluster on this machine, for measurements and tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Standalone:
    """A running master and its workers. ``master`` is its address, ``processes`` all that was started."""

    master: str
    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes' numbers; executors are children of workers."""
        return tuple(process.pid for process in self.processes)

    def start(self, name: str, *arguments: str) -> None:
        """Start one of Spark's daemons; what it says is kept in the folder."""
        with (self.folder / f"{name}.log").open("w") as log:
            command = [str(Path(self.environment["SPARK_HOME"]) / "bin" / "spark-class"), *arguments]
            self.processes.append(
                subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
            )

    def add_worker(self, *, cores: int = 1, memory: str = "1g") -> None:
        """Start a worker and wait until the master knows it."""
        number = len(self.processes)
        worker = ("org.apache.spark.deploy.worker.Worker", "--cores", str(cores), "--memory", memory)
        folder = ("--work-dir", str(self.folder / f"worker-{number}"), "--webui-port", "0")
        self.start(f"worker-{number}", *worker, *folder, self.master)
        log = self.folder / f"worker-{number}.log"
        _wait(lambda: "Successfully registered with master" in log.read_text(), f"worker {number}")


@contextmanager
def standalone(folder: Path, *, workers: int, memory: str = "1g") -> Iterator[Standalone]:
    """Run a standalone master with so many workers of one core for the length of a block.

    Args:
        folder: for logs and the workers' files.
        workers: how many to begin with.
        memory: of each.

    Raises:
        ModuleNotFoundError: the extra `spark` is not installed. FileNotFoundError: there is no Java.
    """
    import pyspark

    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise FileNotFoundError("no Java for Spark; tests/system-packages installs it")
    environment = os.environ | {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster = Standalone(f"spark://127.0.0.1:{port}", folder, environment)
    try:
        where = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        cluster.start("master", "org.apache.spark.deploy.master.Master", *where)
        _wait(lambda: _answers(port), "the master")
        for _ in range(workers):
            cluster.add_worker(memory=memory)
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            process.terminate()
        for process in cluster.processes:
            process.wait(30)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(until: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if until():
            return
        time.sleep(0.1)
    raise TimeoutError(f"{what} of the Spark cluster does not start")
