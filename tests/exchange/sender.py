"""Senders to be killed (run with -m; see ``processes.keep_forking``).

Each does what the worker does, over and over: seal what the journal holds, and push to whoever is behind.
"""

from __future__ import annotations

import django

from ..processes import keep_forking


def send(_: str) -> None:
    """Seal and push for ever."""
    from django.conf import settings

    from goodstanding.exchange.push import Pusher

    from .stage import now, seal_all

    settings.PUSH_TO_PRIVATE_ADDRESSES = True
    pusher = Pusher()
    while True:
        seal_all()
        pusher.round(at=now())
        pusher.wait(0.01)


if __name__ == "__main__":
    django.setup()
    keep_forking(send)
