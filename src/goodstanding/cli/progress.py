"""Progress bars for people; silence for scripts and logs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

console = Console(stderr=True)


@contextlib.contextmanager
def bars(*, quiet: bool = False) -> Iterator[Callable[[str, int | None], Callable[[int], None]]]:
    """Show bars on the terminal for the length of a block.

    Yields:
        ``bar(title, total)``, which returns ``done(count)`` to call with how much is done by now.
    """
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet, transient=False) as progress:

        def bar(title: str, total: int | None) -> Callable[[int], None]:
            task = progress.add_task(title, total=total)
            return lambda count: progress.update(task, completed=count)

        yield bar
