"""Mirrors to be killed. Run with -m: each line on the standard input starts one, in a fork of this process.

Its process id is printed, and once it is dead its exit status. Forking spares each mirror the imports.
"""

from __future__ import annotations

import os
import sys

from goodstanding.exchange.mirror import Mirror, postgres_store

assert postgres_store, "imported before the forks, each of which would spend its short life on it"


def follow() -> None:
    """Follow the feed for ever, in small pages."""
    url, token, store, key = sys.argv[1:5]
    mirror = Mirror(url, token, store, bytes.fromhex(key), page_size=10)
    while True:
        mirror.follow_once()


def main() -> None:
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            try:
                follow()
            finally:
                sys.stderr.flush()
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
