"""Progress for people and for machines: bars with rate and remaining time, or a line of JSON every few seconds."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

console = Console(stderr=True)

#: Seconds between two lines of JSON about the same thing.
EVERY = 2.0


class Done(Protocol):
    """Told how much is done by now, and of how much where that is known only now."""

    def __call__(self, count: int, total: int | None = None, /) -> None: ...


Bar = Callable[[str, int | None], Done]


class _Rate(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


@contextlib.contextmanager
def bars(*, quiet: bool = False) -> Iterator[Bar]:
    """Show bars on the terminal for the length of a block.

    Yields:
        ``bar(title, total)``, which returns ``done(count, total)`` to call with how much is done by now.
    """
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet, transient=False) as progress:

        def bar(title: str, total: int | None) -> Done:
            task = progress.add_task(title, total=total)

            def done(count: int, total: int | None = None, /) -> None:
                progress.update(task, completed=count, total=total or None)

            return done

        yield bar


@contextlib.contextmanager
def lines() -> Iterator[Bar]:
    """The same as lines of JSON on standard error: what, how much is done, of how much, rate, seconds left."""

    def bar(title: str, total: int | None) -> Done:
        began = told = time.monotonic()
        known = total

        def done(count: int, total: int | None = None, /) -> None:
            nonlocal told, known
            known = total or known
            now = time.monotonic()
            if now - told < EVERY and count != known:
                return
            told = now
            rate = count / max(now - began, 1e-9)
            left = round((known - count) / rate, 1) if known is not None and rate > 0 else None
            shown = {
                "progress": title,
                "done": count,
                "of": known,
                "per_second": round(rate),
                "seconds_left": left,
            }
            console.file.write(json.dumps(shown, ensure_ascii=False) + "\n")
            console.file.flush()

        return done

    yield bar


def shown(*, as_json: bool) -> contextlib.AbstractContextManager[Bar]:
    """Bars for people, or lines of JSON for machines."""
    return lines() if as_json else bars()
