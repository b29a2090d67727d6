"""`sbom.py FOLDER...`: a bill of materials, CycloneDX 1.5, of the Python packages and of the Debian
packages of an image, on standard output.

Of what is installed, not of what was asked for. Python packages are those of the site-packages in
each folder. No time and no serial number: the same packages give the same file.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

Component = dict[str, Any]


def document(folders: list[Path]) -> dict[str, Any]:
    """The bill of materials of packages below `folders`, and of the system's."""
    found = [*_python_packages(folders), *_debian_packages()]
    unique = {component["bom-ref"]: component for component in found}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": [unique[reference] for reference in sorted(unique)],
    }


def _python_packages(folders: list[Path]) -> Iterator[Component]:
    infos = {info.parent for folder in folders for info in folder.rglob("*.dist-info")}
    for distribution in distributions(path=[str(place) for place in infos]):
        component = _component("pypi", distribution.name.lower(), distribution.version)
        if licence := _licence(distribution):
            component["licenses"] = [{"license": {"name": licence}}]
        yield component


def _licence(distribution: Distribution) -> str:
    """As its metadata has it in one line; some have the whole text there."""
    for field in ("License-Expression", "License"):
        lines = str(distribution.metadata[field] or "").splitlines()
        if len(lines) == 1:
            return lines[0]
    return ""


def _debian_packages() -> Iterator[Component]:
    try:
        listed = subprocess.run(
            ("/usr/bin/dpkg-query", "--show", "--showformat", "${Package} ${Version}\n"),
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return
    for line in listed.stdout.splitlines():
        name, _, version = line.partition(" ")
        yield _component("deb/debian", name, version)


def _component(kind: str, name: str, version: str) -> Component:
    url = f"pkg:{kind}/{name}@{version}"
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


if __name__ == "__main__":
    json.dump(document([Path(folder) for folder in sys.argv[1:]]), sys.stdout, indent=1)
