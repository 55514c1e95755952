"""The JSON Schema of packs, for editors. `python -m goodstanding.law.schema` writes the file anew."""

from __future__ import annotations

import json
from pathlib import Path

from goodstanding.law.load import PACKS
from goodstanding.law.model import Pack

SCHEMA_FILE: Path = PACKS / "pack.schema.json"


def pack_schema() -> str:
    """The schema as JSON text, as it stands in the file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Goodstanding law pack",
        **{key: value for key, value in Pack.model_json_schema().items() if key != "title"},
    }
    schema["properties"] = {key: value for key, value in schema["properties"].items() if key != "chosen"}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(pack_schema(), encoding="utf-8")
