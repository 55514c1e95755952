"""A mirror to be killed: follows the feed for ever. Run with -m, told by its arguments."""

from __future__ import annotations

import sys
from pathlib import Path

from goodstanding.exchange.mirror import Mirror


def main() -> None:
    url, token, store, key = sys.argv[1:5]
    mirror = Mirror(url, token, Path(store), bytes.fromhex(key), page_size=3)
    print("ready", flush=True)
    while True:
        mirror.follow_once()


if __name__ == "__main__":
    main()
