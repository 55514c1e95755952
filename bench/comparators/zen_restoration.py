"""The restoration rule as a zen-engine decision table. Runs in an environment of its own (see README.md)."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import zen

RULES = [
    # kind, measure, simple procedure -> class, published, minimum, maximum (months)
    ('"serious_list"', "", "", '"serious"', "true", 12, 36),
    ('"abnormal_list"', "", "", '"minor"', "false", 0, 0),
    ('"penalty"', "", "true", '"minor"', "false", 0, 0),
    ('"penalty"', '"warning", "criticism"', "", '"minor"', "false", 0, 0),
    ('"penalty"', '"revocation", "restriction_on_employment"', "", '"serious"', "true", 12, 36),
    ('"penalty"', "", "", '"ordinary"', "true", 3, 12),
    ('"other"', "", "", '"ordinary"', "true", 3, 12),
]
INPUTS = [("kind", "i1"), ("measure", "i2"), ("simple_procedure", "i3")]
OUTPUTS = [("severity", "o1"), ("published", "o2"), ("minimum", "o3"), ("maximum", "o4")]
EXPRESSIONS = {
    "restorable_from": 'd(found_on).add(minimum, "month").format("%Y-%m-%d")',
    "publish_until": 'published ? d(found_on).add(maximum, "month").format("%Y-%m-%d") : null',
    "eligible": "committed and performed_on != null and d(on) >= d(found_on) and d(on) >= d(performed_on) and "
    'd(on) >= d(found_on).add(minimum, "month")',
}


def decision() -> str:
    """The graph: input, decision table (first hit), dates, output."""
    rules = [
        {"_id": f"r{n}", **{key: str(cell) for (_, key), cell in zip(INPUTS + OUTPUTS, row, strict=True)}}
        for n, row in enumerate(RULES)
    ]
    table = {
        "hitPolicy": "first",
        "passThrough": True,
        "inputs": [{"id": key, "field": name, "name": name} for name, key in INPUTS],
        "outputs": [{"id": key, "field": name, "name": name} for name, key in OUTPUTS],
        "rules": rules,
    }
    dates = [{"id": key, "key": key, "value": value} for key, value in EXPRESSIONS.items()]
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {
            "id": "dates",
            "name": "dates",
            "type": "expressionNode",
            "content": {"expressions": dates, "passThrough": True},
        },
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    path = ["in", "table", "dates", "out"]
    edges = [
        {"id": f"e{n}", "sourceId": a, "targetId": b, "type": "edge"}
        for n, (a, b) in enumerate(pairwise(path))
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def main() -> None:
    """Read rows from the file named, print rates and answers as JSON."""
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    ready = zen.ZenEngine().create_decision(decision())
    ready.evaluate(rows[0])
    rates = {}
    for name, options in (("single", None), ("single_with_trace", {"trace": True})):
        start = time.perf_counter()
        answers = [ready.evaluate(row, options) if options else ready.evaluate(row) for row in rows]
        rates[name] = len(rows) / (time.perf_counter() - start)
    keys = ("severity", "restorable_from", "publish_until", "eligible")
    print(json.dumps({"rates": rates, "answers": [[a["result"].get(key) for key in keys] for a in answers]}))


if __name__ == "__main__":
    main()
