"""JSON Schemas (2020-12) of what the law room reads and writes.

`python -m goodstanding.law.schema` writes the schema of packs anew, for editors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from goodstanding.law.facts import FactsDocument
from goodstanding.law.load import PACKS
from goodstanding.law.model import Pack
from goodstanding.law.receipts.documents import DecisionDocument, ReceiptDocument

SCHEMA_FILE: Path = PACKS / "pack.schema.json"

DOCUMENTS: Final[dict[str, tuple[type[BaseModel], str]]] = {
    "facts": (FactsDocument, "Goodstanding facts of a record"),
    "decision": (DecisionDocument, "Goodstanding decision"),
    "pack": (Pack, "Goodstanding law pack"),
    "receipt": (ReceiptDocument, "Goodstanding decision receipt"),
}


def schema_of(name: str) -> str:
    """The schema of "facts", "decision", "pack" or "receipt" as JSON text."""
    document, title = DOCUMENTS[name]
    found = document.model_json_schema()
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
    schema["title"] = title
    if document is Pack:
        schema["properties"] = {key: value for key, value in found["properties"].items() if key != "chosen"}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def pack_schema() -> str:
    """The schema of packs, as it stands in the file."""
    return schema_of("pack")


if __name__ == "__main__":
    SCHEMA_FILE.write_text(pack_schema(), encoding="utf-8")
