"""Generates the gRPC stubs of proto/ into a source root, or checks that they are fresh."""

import argparse
import filecmp
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("framemesh/api")


def generate(out: Path) -> None:
    """Write the stubs, and their types, below `out`."""
    protos = sorted(str(p) for p in (ROOT / "proto").rglob("*.proto"))
    outs = [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    include = str(files("grpc_tools") / "_proto")
    # The plugins for types stand beside the interpreter.
    plugins = [
        f"--plugin=protoc-gen-{kind}={Path(sys.executable).parent / f'protoc-gen-{kind}'}"
        for kind in ("mypy", "mypy_grpc")
    ]
    code = protoc.main(["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", *plugins, *outs, *protos])
    if code:
        raise SystemExit(f"protoc failed with {code}")


def stubs_of(root: Path) -> dict[Path, Path]:
    """The generated files below `root`, by their path in it."""
    found = (p for suffix in ("py", "pyi") for p in (root / PACKAGE).rglob(f"*_pb2*.{suffix}"))
    return {p.relative_to(root): p for p in found}


def check(have: Path, fresh: Path) -> list[Path]:
    """The files that differ, are missing, or should not be there."""
    old, new = stubs_of(have), stubs_of(fresh)
    return sorted(
        path
        for path in old.keys() | new.keys()
        if path not in old
        or path not in new
        or not filecmp.cmp(old[path], new[path], shallow=False)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="source root that holds framemesh/api")
    parser.add_argument("--check", action="store_true", help="only compare")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        stale = check(arguments.root, fresh)
        if arguments.check:
            if stale:
                raise SystemExit("stale stubs (run `make stubs`): " + ", ".join(map(str, stale)))
            return
        for path in stubs_of(arguments.root).values():
            path.unlink()
        shutil.copytree(fresh, arguments.root, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
