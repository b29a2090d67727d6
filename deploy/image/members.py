"""`members.py SERVICE`: the folders of the workspace that the image of a service is made of.

From what each pyproject.toml names as a source in the workspace, so no list can be out of date.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def members(service: str) -> list[Path]:
    """The folder of a service after those that it needs; none where it is not of this workspace."""
    folders = {folder.name: folder for folder in ROOT.glob("libs/*")}
    folders |= {folder.name: folder for folder in ROOT.glob("services/*")}
    folders["sdk"] = ROOT / "sdk/python"
    if service not in folders:
        return []
    return list(dict.fromkeys(_with_needs(folders, service)))


def _with_needs(folders: dict[str, Path], name: str) -> Iterator[Path]:
    declared = tomllib.loads((folders[name] / "pyproject.toml").read_text())
    for needed in declared["tool"].get("uv", {}).get("sources", {}):
        yield from _with_needs(folders, needed.removeprefix("framemesh-"))
    yield folders[name]


if __name__ == "__main__":
    print(*(folder.relative_to(ROOT) for folder in members(sys.argv[1])))  # noqa: T201
