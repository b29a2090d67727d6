"""Writes the TypeScript types of the dashboard's messages, or checks that they are fresh."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from framemesh.monitor.dashboard.messages import ANSWERS, REQUESTS

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "services/monitor/web/src/api/types.ts"

HEAD = """\
// Made from framemesh.monitor.dashboard.messages by `make web-types`: do not edit.
"""

PLAIN = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}

Schema = Mapping[str, Any]


def types() -> str:
    """The whole file: one interface for each model, in the order of their names."""
    # What the page sends may leave out what has a default; what it gets has every field.
    _, requests = models_json_schema([(model, "validation") for model in REQUESTS])
    _, answers = models_json_schema([(model, "serialization") for model in ANSWERS])
    found = {**requests["$defs"], **answers["$defs"]}
    return HEAD + "".join(_interface(name, found[name]) for name in sorted(found))


def _interface(name: str, schema: Schema) -> str:
    required = schema.get("required", ())
    lines: list[str] = [*_comment(schema, ""), f"export interface {name} {{"]
    for field, of in schema["properties"].items():
        optional = "" if field in required or "const" in of else "?"
        lines += _comment(of, "  ")
        lines.append(f"  {field}{optional}: {_type(of)}")
    return "\n" + "\n".join([*lines, "}"]) + "\n"


def _comment(schema: Schema, indent: str) -> Iterator[str]:
    if text := schema.get("description"):
        yield f"{indent}/** {' '.join(text.split())} */"


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": str(place)}:
            found = place.rpartition("/")[2]
        case {"const": value}:
            found = json.dumps(value)
        case {"enum": list(values)}:
            found = " | ".join(map(json.dumps, values))
        case {"anyOf": list(choices)}:
            found = " | ".join(map(_type, choices))
        case {"prefixItems": list(items)}:
            found = f"[{', '.join(map(_type, items))}]"
        case {"items": dict(item)}:
            found = f"Array<{_type(item)}>"
        case {"additionalProperties": dict(item)}:
            found = f"Record<string, {_type(item)}>"
        case {"type": str(name)} if name in PLAIN:
            found = PLAIN[name]
        case _:
            raise ValueError(f"no TypeScript type for {schema}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    if not parser.parse_args().check:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(types())
    elif not FILE.exists() or FILE.read_text() != types():
        raise SystemExit(f"{FILE.relative_to(ROOT)} is stale: run `make web-types`")


if __name__ == "__main__":
    main()
