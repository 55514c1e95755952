"""Asking pages in turn: hosts side by side, one request at a time for each of them, over all workers."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar

from goodstanding.registry import locks

from . import probe_page
from .probe_page import Question, Seen
from .probe_tables import ProbeLook

#: Seconds between two requests to one host, which never has two at the same time; hosts that are asked side by side.
PAUSE: Final = 2.0
HOSTS: Final = 8


class Asking(Protocol):
    """Something that is asked at a page; None where there is nothing to ask."""

    @property
    def asked(self) -> Question | None: ...


Wanted = TypeVar("Wanted", bound=Asking)
Noted = TypeVar("Noted")
_NOTHING_TO_ASK: Final = Seen(ProbeLook.Result.UNKNOWN, "no_number")


def ask(
    due: Callable[[], Sequence[Wanted]],
    note: Callable[[Wanted, Seen], Noted],
    *,
    pause: float = PAUSE,
    stop: threading.Event | None = None,
) -> list[Noted]:
    """Ask for everything that is due, and note what was seen as it comes.

    Args:
        due: what to ask for, called when nobody else asks. note: called in this thread for each that was asked.
        pause: seconds between two requests to one host.
        stop: when set, nothing more is asked.

    Returns:
        What was noted, in the order in which it came.
    """
    stop = stop or threading.Event()
    by_host: dict[str, list[Wanted]] = defaultdict(list)
    seen: SimpleQueue[tuple[Wanted, Seen]] = SimpleQueue()
    noted: list[Noted] = []
    with locks.alone(locks.PROBES), ThreadPoolExecutor(HOSTS, "probe") as threads:
        for each in due():
            by_host[each.asked.host if each.asked else ""].append(each)
        visits = [threads.submit(_visit, each, seen, pause, stop) for each in by_host.values()]
        over = not visits
        while not over:
            over = not wait(visits, timeout=0.5).not_done
            probe_page.connections().cut_off()
            while not seen.empty():
                noted.append(note(*seen.get()))
        for visit in visits:
            visit.result()
    return noted


def _visit(
    wanted: Sequence[Wanted], seen: SimpleQueue[tuple[Wanted, Seen]], pause: float, stop: threading.Event
) -> None:
    """Ask one host, one thing after the other. Touches no database."""
    for number, each in enumerate(wanted):
        if stop.wait(pause) if number and each.asked else stop.is_set():
            return
        seen.put((each, probe_page.look(each.asked) if each.asked else _NOTHING_TO_ASK))
