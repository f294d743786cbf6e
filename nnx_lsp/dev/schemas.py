"""`python -m nnx_lsp.dev.schemas [--check]`: write `schemas/`, the JSON schemas of the settings and of the formats `json` and `jsonl`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from nnx_lsp import engine
from nnx_lsp.cli.formats.json import Finding
from nnx_lsp.config import KEYS, SEVERITIES
from nnx_lsp.selection import allowed

FOLDER = Path(__file__).parents[2] / "schemas"


def rendered() -> dict[str, str]:
    """The files by name."""
    return {"nnx-lint.schema.json": _text(settings()), "findings.schema.json": _text(msgspec.json.schema(list[Finding]))}


def settings() -> dict[str, object]:
    """The schema of `nnx-lint.toml`, and of the table `tool.nnx-lint`."""
    kinds: dict[str, dict[str, object]] = {
        "path": {"type": "string"},
        "version": {"type": "string"},
        "flag": {"type": "boolean"},
        "seconds": {"type": "number", "exclusiveMinimum": 0},
        "strings": {"type": "array", "items": {"type": "string"}},
        "selectors": {"type": "array", "items": {"$ref": "#/definitions/selector"}},
        "severity": {"enum": list(SEVERITIES[:3])},
        "severities": {"type": "object", "propertyNames": {"$ref": "#/definitions/selector"}, "additionalProperties": {"enum": list(SEVERITIES)}},
        "per-file": {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/definitions/selector"}}},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "nnx-lint",
        "description": "The settings of nnx-lint: nnx-lint.toml, or the table tool.nnx-lint of pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"description": key.page, **kinds[key.kind]} for name, key in KEYS.items()},
        "definitions": {"selector": {"enum": list(allowed(engine.rules()))}},
    }


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2) + "\n"


def main() -> int:
    """Write the files, or say which are stale."""
    stale = [name for name, text in rendered().items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{FOLDER / name} is stale: run python -m nnx_lsp.dev.schemas", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(rendered()[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
