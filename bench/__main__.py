"""Run the measurements named on the command line, or all."""

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

for name in sys.argv[1:] or NAMES:
    if name not in NAMES:
        sys.exit(f"no measurement {name!r}; choose from {', '.join(NAMES)}")
    importlib.import_module(f"bench.{name}").main()
