"""Writes docs/glossary.md from the table in tools/glossary.toml, or checks that it is fresh."""

import argparse
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools/glossary.toml"
PAGE = ROOT / "docs/glossary.md"

HEAD = """\
# Glossary

Each word means one thing, in the code, the commands and the documents. Made from
[tools/glossary.toml](../tools/glossary.toml) by `make glossary`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    groups = tomllib.loads(TABLE.read_text())["group"]
    return HEAD + "".join(_section(group["title"], group["term"]) for group in groups)


def _section(title: str, terms: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(f"| {t['name']} | {t['meaning']} | {t['elsewhere']} |\n" for t in terms)
    return f"\n## {title}\n| word | meaning | elsewhere |\n|---|---|---|\n{rows}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    if not parser.parse_args().check:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        raise SystemExit(f"{PAGE.relative_to(ROOT)} is stale: run `make glossary`")


if __name__ == "__main__":
    main()
