"""Running the platform: the web server and the worker as child processes, restarted when they die."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial


class ServeError(Exception):
    """The platform cannot be served; the sentence says why."""


_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _end_with(parent: int) -> None:
    """In a new child: ask Linux for SIGTERM when the parent dies, so that a killed parent leaves nobody behind."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the request was made, so no signal will come
            os._exit(1)


@dataclass
class Platform:
    """The running processes. ``extra`` are further commands to keep alive (the demo's mirror)."""

    host: str
    port: int
    stream_port: int
    workers: int
    extra: list[list[str]] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The portal's address."""
        return f"http://{self.host}:{self.port}"

    @property
    def stream_url(self) -> str:
        """The address of the feed's stream."""
        return f"http://{self.host}:{self.stream_port}/api/v1/feed/stream"

    def commands(self) -> dict[str, list[str]]:
        """What is kept running, by name."""
        bin_folder = os.path.dirname(sys.executable)
        web = [os.path.join(bin_folder, "granian"), "--interface", "wsgi", "--host", self.host]
        web += ["--port", str(self.port), "--workers", str(self.workers), "--blocking-threads", "4"]
        # A worker that is told to stop while it still starts never hears it; Granian would wait for it for ever.
        web += ["--workers-kill-timeout", "5", "--respawn-failed-workers", "--log-level", "warning"]
        web.append("goodstanding.site.wsgi:application")
        # Streams wait nearly all their lives; they have a process of their own, so that they hold none of the threads.
        streams = [os.path.join(bin_folder, "granian"), "--interface", "asginl", "--host", self.host]
        streams += ["--port", str(self.stream_port), "--workers", "1", "--backpressure", "4096"]
        streams += ["--workers-kill-timeout", "1", "--respawn-failed-workers", "--log-level", "warning"]
        streams.append("goodstanding.site.streams:application")
        all_commands = {
            "web": web,
            "streams": streams,
            "worker": [sys.executable, "-m", "goodstanding", "worker"],
        }
        for number, command in enumerate(self.extra, start=1):
            all_commands[f"extra {number}"] = command
        return all_commands

    def keep_running(self) -> None:
        """Start what does not run (any more)."""
        for name, command in self.commands().items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                environment = os.environ | {"PGAPPNAME": f"goodstanding-{name}"}
                environment.setdefault("GOODSTANDING_STREAM_URL", self.stream_url)
                # Our own standard output is ours: with --json it is one document, and Granian warns on its own.
                out = subprocess.DEVNULL if name.startswith("extra") else sys.__stderr__
                self.processes[name] = subprocess.Popen(
                    command,
                    start_new_session=True,
                    env=environment,
                    stdout=out,
                    preexec_fn=partial(_end_with, os.getpid()),
                )

    def stop(self) -> None:
        """Ask all to stop, those that ask the web server before it, and insist after ten seconds each time."""
        asking = [name for name in self.processes if name.startswith("extra")]
        for names in (asking, [name for name in self.processes if name not in asking]):
            _stop([self.processes.pop(name) for name in names])

    def wait_until_it_answers(self, seconds: float = 30) -> None:
        """Wait for the status page. Raises ServeError when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/status", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                raise ServeError(f"the status page answers {error.code}; see the lines above") from error
            except OSError:
                time.sleep(0.1)
        raise ServeError(f"nothing answers at {self.url} after {seconds:g} seconds; see the lines above")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    for process in processes:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port(host: str, wished: int) -> int:
    """The wished port if it is free, else the next free one of the following hundred."""
    for port in range(wished, wished + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ServeError(f"no free port from {wished} to {wished + 99} on {host}")


@contextlib.contextmanager
def platform(*, host: str, port: int, workers: int, patience: float = 30) -> Iterator[Platform]:
    """Run the platform for the length of a block. ``patience``: seconds that it may take to answer at first."""
    port = free_port(host, port)
    running = Platform(host, port, free_port(host, port + 1), workers)
    try:
        running.keep_running()
        running.wait_until_it_answers(patience)
        yield running
    finally:
        running.stop()


def serve_until_stopped(running: Platform) -> None:
    """Keep the processes alive until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(1.0):
        running.keep_running()
