"""Pack files checked as an editor would want it: every problem with its line, and the situations beside them run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from goodstanding.law.errors import FactsRefused, PackRefused, Problem, SettingRefused
from goodstanding.law.load import read_pack
from goodstanding.law.model import Pack
from goodstanding.law.situations import Situation, read_situations


@dataclass(frozen=True, slots=True)
class Linted:
    """One pack file. pack is None where it is refused; situations: how many were run; failed: the id of each
    situation that came out otherwise, with the differences.
    """

    file: str
    pack: Pack | None
    problems: tuple[Problem, ...]
    situations: int
    failed: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def sound(self) -> bool:
        return not self.problems and not self.failed


def lint(path: Path) -> Linted:
    """Check one pack file and the situations beside it; given a file of situations, the pack beside that.

    Raises PackNotFound when there is no such file.
    """
    if path.name.endswith(".situations.yaml"):
        path = path.with_name(path.name.replace(".situations", ""))
    try:
        pack = read_pack(path)
    except PackRefused as error:
        return Linted(str(path), None, error.problems, 0, ())
    beside = path.with_name(f"{path.stem}.situations.yaml")
    if not beside.is_file():
        return Linted(str(path), pack, (), 0, ())
    try:
        found = read_situations(beside)
    except PackRefused as error:
        return Linted(str(path), pack, error.problems, 0, ())
    problems: tuple[Problem, ...] = ()
    if found.pack != pack.id:
        problems = (Problem(beside.name, 1, "", f"pack: {found.pack} is not {pack.id}"),)
    failed = [(one.id, run(one, pack)) for one in found.situations]
    return Linted(
        str(path),
        pack,
        problems,
        len(failed),
        tuple((name, differences) for name, differences in failed if differences),
    )


def run(situation: Situation, pack: Pack) -> tuple[str, ...]:
    """Where the engine's answer is not what a situation expects, in words; empty when all agrees."""
    try:
        verdict = situation.verdict(pack)
    except SettingRefused as error:
        return (error.message_en,)
    except FactsRefused as error:
        if situation.expected.refused == error.code:
            return ()
        return (f"refused ({error.code}): {error.message_en}",)
    return tuple(situation.differences(verdict))
