"""Versions as numbers, to compare them."""

import re

Version = tuple[int, ...]


def version_in(text: str) -> Version | None:
    """The first version that a text has, as `v2.15.1`; None if it has none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups("0")) if found else None


def version_text(version: Version) -> str:
    return ".".join(map(str, version))
