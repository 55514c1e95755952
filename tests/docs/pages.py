"""Running a page of the documentation as its reader would: commands in a shell, snippets saved as the files they name.

What counts as executable:

- A ```console block: lines that begin with ``$ `` are commands (a trailing backslash continues one), what follows is
  the expected output. ``...`` stands for anything, also for several lines. Standard error is not compared.
- A ```python block whose first line is ``# name.py``: saved under that name, to be run by a command of the page.
- ``goodstanding serve`` is "in a second terminal": it runs beside the page until the end.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: The address that a page writes; the server of a test answers elsewhere.
WRITTEN_ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the line on which it begins."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in found]


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with its expected output."""
    assert block.text.startswith("$ "), f"line {block.line}: a console block begins with a command"
    found = []
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        lines = part.split("\n")
        last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
        found.append(("\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :]).strip()))
    return found


def matches(expected: str, got: str) -> bool:
    """Whether an output is as written, ``...`` standing for anything."""
    pattern = ".*?".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, got.strip(), re.S) is not None


@dataclass
class Reader:
    """A reader at a terminal: one shell for all commands, and the servers started in further terminals."""

    folder: Path
    address: str = WRITTEN_ADDRESS
    servers: list[subprocess.Popen[str]] = field(default_factory=list)
    followed: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GOODSTANDING_", "DJANGO_")) and name != "DATABASE_URL"
        }
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1"
        self.errors = self.folder / ".errors"
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors.open("a"),
            text=True,
            cwd=self.folder,
            env=environment,
        )

    def run(self, command: str) -> str:
        """What a command prints; what it meant on another address is said on this server's."""
        assert self.shell.stdin is not None and self.shell.stdout is not None
        mark = uuid.uuid4().hex
        self.shell.stdin.write(f"{self._here(command)}\n")
        self.shell.stdin.write(f"(s=$?; printf '\\n%s\\n' {mark}; exit $s)\n")
        self.shell.stdin.flush()
        lines: list[str] = []
        for line in self.shell.stdout:
            if line.strip() == mark:
                break
            lines.append(line)
        else:
            raise AssertionError(f"the shell ended at: {command}\n{self.errors.read_text()[-3000:]}")
        return "".join(lines).replace(self.address, WRITTEN_ADDRESS).strip()

    def serve(self, command: str) -> str:
        """Start a server as in a second terminal; the first line that it prints."""
        state = self.run("pwd; declare -px")
        where, _, variables = state.partition("\n")
        server = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-c", f"{variables}\nexec {command}"],
            stdout=subprocess.PIPE,
            stderr=self.errors.open("a"),
            text=True,
            cwd=where,
        )
        self.servers.append(server)
        assert server.stdout is not None
        said = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, f"the server said {said!r}\n{self.errors.read_text()[-3000:]}"
        self.address = found[0]
        return said.replace(self.address, WRITTEN_ADDRESS).strip()

    def save(self, block: Block) -> None:
        """Save a snippet under the name in its first line, where the shell is."""
        named = re.match(r"# ([\w.-]+\.py)\n", block.text)
        assert named, f"line {block.line}: a snippet begins with the name of its file"
        Path(self.run("pwd"), named[1]).write_text(self._here(block.text), encoding="utf-8")

    def follow(self, page: Path) -> int:
        """Do everything that a page says, in order, once. Returns how many commands ran."""
        if page in self.followed:
            return self.followed[page]
        ran = 0
        for block in blocks(page):
            if block.language == "python":
                self.save(block)
            elif block.language == "console":
                for command, expected in commands(block):
                    served = command.startswith("goodstanding serve")
                    got = self.serve(command) if served else self.run(command)
                    errors = self.errors.read_text()[-3000:]
                    assert matches(expected, got), (
                        f"{page.name}, line {block.line}: {command}\n"
                        f"--- written\n{expected}\n--- got\n{got}\n--- standard error so far\n{errors}"
                    )
                    ran += 1
        self.followed[page] = ran
        return ran

    def leave(self) -> None:
        """Interrupt the servers as Ctrl-C does, and close the shell."""
        for server in self.servers:
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        self.shell.wait(timeout=60)

    def _here(self, text: str) -> str:
        return text.replace(WRITTEN_ADDRESS, self.address)
