"""Senders to be killed. Run with -m: each line on the standard input starts one, in a fork of this process.

Each does what the worker does, over and over: seal what the journal holds, and push to whoever is behind.
"""

from __future__ import annotations

import os
import sys

import django


def send() -> None:
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


def main() -> None:
    django.setup()
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            try:
                send()
            finally:
                sys.stderr.flush()
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
