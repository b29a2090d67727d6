"""Builds the wheels that people install: `framemesh-sdk`, `framemesh-pixels` with the native
library where that was built, and `framemesh` with everything else.

Each wheel is assembled from members of the workspace in a folder of its own, with metadata made
from theirs, and built there by the pinned uv_build that installs the members too.
"""

import argparse
import json
import platform
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framemesh.cli.common.bundled import BUNDLED
from framemesh.pixels.library import FILE
from tools.wheel_tag import platform_of, tagged

ROOT = Path(__file__).resolve().parent.parent
API = Path("src/framemesh/api")
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.so")

COPIED_METADATA = ("name", "version", "description", "requires-python", "license", "classifiers")
"""Fields of `[project]` that a wheel has as they are written in the repository."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What goes into one wheel."""

    project: str
    """The folder whose pyproject.toml and README.md name and describe the distribution."""
    members: tuple[str, ...]
    """The members of the workspace whose packages and third-party requirements it has."""
    stubs: tuple[str, ...]
    """What it has of `framemesh.api`: no file may be in both wheels."""
    data: Mapping[str, str]
    """Path in the package `framemesh`: path in the repository."""
    requires: tuple[str, ...] = ()
    """Requirements on another distribution of ours."""
    library: Path | None = None
    """The native library that is in it, and ties it to a platform."""


def version() -> str:
    """The version of all distributions."""
    return str(_project(".")["version"])


def distributions() -> tuple[Distribution, ...]:
    """The SDK, everything else, and the native library where it was built."""
    native = _native()
    sdk = Distribution(
        "sdk/python",
        members=("sdk/python", "libs/tls"),
        stubs=("__init__.py", "py.typed", "common", "ingest"),
        data={},
    )
    rest = Distribution(
        ".",
        members=(
            *("libs/core", "libs/modeling", "libs/pixels", "libs/vision", "libs/runtime"),
            "libs/sources",
            *("services/ingest", "services/master", "services/agent", "services/worker"),
            *("services/monitor", "services/sink", "cli"),
        ),
        stubs=("master", "monitor", "worker"),
        data={f"cli/bundled/{name}": source for name, source in BUNDLED.items()},
        requires=(f"framemesh-sdk[arrays]=={version()}", *map(_where_it_runs, native)),
    )
    return sdk, rest, *native


def _native() -> tuple[Distribution, ...]:
    if not FILE.exists():
        return ()
    data = {f"pixels/{FILE.name}": str(FILE.relative_to(ROOT))}
    return (Distribution("libs/pixels", members=(), stubs=(), data=data, library=FILE),)


def _where_it_runs(native: Distribution) -> str:
    """The requirement on it: elsewhere OpenCV does its work."""
    name, system, machine = _project(native.project)["name"], "Linux", platform.machine()
    where = f"platform_system == '{system}' and platform_machine == '{machine}'"
    return f"{name}=={version()}; {where}"


def build(out: Path, uv: str) -> list[Path]:
    """Write all wheels into `out`, in place of those that are there, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("framemesh*.whl"):
        old.unlink()
    for distribution in distributions():
        with tempfile.TemporaryDirectory() as folder:
            assemble(distribution, Path(folder))
            _build_wheel(Path(folder), out.resolve(), uv)
        if distribution.library is not None:
            name = _project(distribution.project)["name"].replace("-", "_")
            (wheel,) = out.glob(f"{name}-*.whl")
            tagged(wheel, platform_of(distribution.library))
    return sorted(out.glob("framemesh*.whl"))


def assemble(distribution: Distribution, folder: Path) -> None:
    """Lay out the source tree of a distribution in an empty folder."""
    for member in distribution.members:
        _copy(ROOT / member / "src", folder / "src")
    for name in distribution.stubs:
        _copy(ROOT / "libs/api" / API / name, folder / API / name)
    for inside, source in distribution.data.items():
        _copy(ROOT / source, folder / "src/framemesh" / inside)
    _copy(ROOT / distribution.project / "README.md", folder / "README.md")
    for name in ("LICENSE", "NOTICE"):
        _copy(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text(metadata(distribution))
    _remove_empty_folders(folder)


def metadata(distribution: Distribution) -> str:
    """The pyproject.toml of a distribution."""
    described = _project(distribution.project)
    stubs = ("libs/api",) if distribution.stubs else ()
    members = [_project(member) for member in (*distribution.members, *stubs)]
    project = {field: described[field] for field in COPIED_METADATA if field in described}
    project |= {"readme": "README.md", "license-files": ["LICENSE", "NOTICE"]}
    project["dependencies"] = sorted({*distribution.requires, *_third_party(members)})
    tables = {
        "project": project,
        "project.optional-dependencies": _merged(members, "optional-dependencies"),
        "project.scripts": _merged(members, "scripts"),
        "project.urls": described.get("urls", {}),
        "build-system": _toml("cli")["build-system"],
        # The namespace `framemesh` is shared by all wheels, so none has an __init__.py for it.
        "tool.uv.build-backend": {"module-name": "framemesh", "namespace": True},
    }
    return "\n".join(_table(name, fields) for name, fields in tables.items() if fields)


def _third_party(members: Iterable[Mapping[str, Any]]) -> set[str]:
    """The requirements of members on what is not ours, each with its bounds if one has bounds."""
    every = {one for member in members for one in member["dependencies"]}
    bounded = {one.partition(">=")[0] for one in every if ">=" in one}
    return {one for one in every - bounded if not one.startswith("framemesh-")}


def _merged(members: Iterable[Mapping[str, Any]], table: str) -> dict[str, Any]:
    return {key: value for member in members for key, value in member.get(table, {}).items()}


def _table(name: str, fields: Mapping[str, Any]) -> str:
    """A table of strings, lists of strings and booleans: written in TOML as in JSON."""
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    return f"[{name}]\n{''.join(lines)}"


def _project(folder: str) -> dict[str, Any]:
    project: dict[str, Any] = _toml(folder)["project"]
    return project


def _toml(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=NOT_SHIPPED, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def _remove_empty_folders(folder: Path) -> None:
    """A package that was removed leaves its folder, with bytecode in it, in a checkout."""
    for inside in sorted(folder.rglob("*/"), reverse=True):
        if not any(inside.iterdir()):
            inside.rmdir()


def _build_wheel(folder: Path, out: Path, uv: str) -> None:
    command = (
        *(uv, "build", "--wheel", "--no-config", "--no-create-gitignore", "--quiet"),
        *("--require-hashes", "--build-constraints", str(ROOT / "requirements/build.txt")),
        *("--out-dir", str(out), str(folder)),
    )
    subprocess.run(command, check=True, cwd=folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the wheels")
    parser.add_argument("--uv", default="uv", help="the uv to build with")
    arguments = parser.parse_args()
    for wheel in build(arguments.out, arguments.uv):
        print(f"{wheel} ({wheel.stat().st_size / 1e6:.2f} MB)")  # noqa: T201


if __name__ == "__main__":
    main()
