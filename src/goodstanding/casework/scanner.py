"""The hook of a virus scanner: every file is shown to it before anything is written, outside of any transaction.

The setting SCANNER names it: ``tcp://host:port`` or ``unix:/path`` of a clamd (its command INSTREAM), or a command that
reads the file from standard input and ends with 0 (clean) or 1 (found; the last line that it writes says what). Where
one is set, a file that it did not call clean is not taken, also where it does not answer.
"""

from __future__ import annotations

import logging
import shlex
import socket
import struct
import subprocess
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from .errors import CaseworkError
from .evidence import NewEvidence, check_sizes, safe_name

log = logging.getLogger(__name__)

#: Seconds that a scanner may be silent; a command, that it may take.
PATIENCE: Final = 30.0
_PART: Final = 1 << 16

P = ParamSpec("P")
R = TypeVar("R")


class _NoVerdict(Exception):
    """The scanner answered, but not whether the file is clean."""


def scanned(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command's ``evidence`` looked at before the command begins its transaction."""

    @wraps(command)
    def run(*args: P.args, **said: P.kwargs) -> R:
        evidence = said.get("evidence")
        if evidence:
            scan(evidence)  # type: ignore[arg-type]
        return command(*args, **said)

    return run


def scan(files: Sequence[NewEvidence]) -> None:
    """Show files to the scanner, if one is set.

    Raises:
        CaseworkError: evidence.infected with the name of what was found; evidence.scanner where it does not answer;
            evidence.number or evidence.size where they would not be taken anyway.
    """
    check_sizes(files)
    scanner: str = settings.SCANNER
    for file in files if scanner else ():
        try:
            found = _ask(scanner, file.content)
        except (OSError, subprocess.SubprocessError, _NoVerdict) as error:
            log.error("the virus scanner gave no verdict: %s", error)
            raise CaseworkError(
                "evidence.scanner",
                "Files cannot be taken at the moment: the virus scanner gives no answer, and nothing is taken unseen.",
                "暂时无法接收文件：病毒扫描服务没有响应，未经扫描的文件不予接收。",
                remedy_en="Try again in a while. If it lasts, tell the operator of the platform.",
                remedy_zh="请稍后重试；如持续出现，请联系平台运营方。",
            ) from error
        if found:
            name = safe_name(file.name)
            raise CaseworkError(
                "evidence.infected",
                f"The virus scanner found {found} in the file {name}; it is not taken.",
                f"病毒扫描在文件 {name} 中发现 {found}，不予接收。",
                place=name,
                remedy_en="Clean the device that the file comes from, make the file anew and hand that in.",
                remedy_zh="请清理文件来源设备，重新制作文件后再提交。",
            )


def _ask(scanner: str, content: bytes) -> str:
    """What the scanner found, empty for nothing. Raises OSError, SubprocessError or _NoVerdict."""
    if scanner.startswith("tcp://"):
        parts = urlsplit(scanner)
        with socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=PATIENCE) as link:
            return _clamd(link, content)
    if scanner.startswith("unix:"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(PATIENCE)
            link.connect(scanner.removeprefix("unix:"))
            return _clamd(link, content)
    return _command(scanner, content)


def _clamd(link: socket.socket, content: bytes) -> str:
    link.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), _PART):
        part = content[start : start + _PART]
        link.sendall(struct.pack(">I", len(part)) + part)
    link.sendall(struct.pack(">I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < 4096:
        part = link.recv(4096)
        if not part:
            break
        answer += part
    said = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if said == "stream: OK":
        return ""
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return _name(said.removeprefix("stream: ").removesuffix(" FOUND"))
    raise _NoVerdict(f"it said {said[:200]!r}")


def _command(command: str, content: bytes) -> str:
    done = subprocess.run(
        shlex.split(command), input=content, capture_output=True, timeout=PATIENCE, check=False
    )
    if done.returncode == 0:
        return ""
    if done.returncode == 1:
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        return _name(lines[-1] if lines else "")
    raise _NoVerdict(f"it ended with {done.returncode}")


def _name(text: str) -> str:
    """The name of what was found as it can be shown."""
    shown = "".join(c for c in text if c.isprintable()).strip()[:200]
    return shown or "malware"
