"""Run the measurements named on the command line, or all but those that take an hour."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "bulk",
    "calendar",
    "casework",
    "intake",
    "lake",
    "law_columns",
    "law_comparison",
    "law_decide",
    "law_prove",
    "linkage",
    "log",
    "mass",
    "notices",
    "propagation",
    "reach",
    "reconciliation",
    "report",
    "status_filter",
    "streams",
    "sweep",
    "vmap",
)
#: Only run where they are named.
LONG = ("chaos",)

for name in sys.argv[1:] or NAMES:
    if name not in NAMES + LONG:
        sys.exit(f"no measurement {name!r}; choose from {', '.join(NAMES + LONG)}")
    importlib.import_module(f"bench.{name}").main()
