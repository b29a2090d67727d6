"""Generates the Go stubs of the SDK from proto/, or checks that they are fresh."""

import argparse
import filecmp
import shutil
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
MODULE = "framemesh.dev/sdk/go"
SDK = ROOT / "sdk/go"
PLUGINS = ROOT / ".tools/go"
"""`make .tools/go/.built` builds them from the pins of tools/go."""

PROTOS = {
    "framemesh/api/common/v1/frame.proto": "api/common/v1;commonv1",
    "framemesh/api/common/v1/outcome.proto": "api/common/v1;commonv1",
    "framemesh/api/ingest/v1/ingest.proto": "api/ingest/v1;ingestv1",
    "framemesh/api/monitor/v1/monitor.proto": "api/monitor/v1;monitorv1",
}
"""What the SDK speaks, and its folder and package in the module. The schemas do not name them:
where a language puts its stubs is no part of the interface."""


def generate(out: Path) -> None:
    """Write the stubs below `out`, as they lie in the module."""
    mapped = [f"M{proto}={MODULE}/{package}" for proto, package in PROTOS.items()]
    options = ",".join([f"module={MODULE}", *mapped])
    kinds = ("go", "go-grpc")
    code = protoc.main(
        [
            "protoc",
            f"-I{ROOT / 'proto'}",
            *(f"--plugin=protoc-gen-{kind}={PLUGINS / f'protoc-gen-{kind}'}" for kind in kinds),
            *(f"--{kind}_out={options}:{out}" for kind in kinds),
            *PROTOS,
        ]
    )
    if code:
        raise SystemExit(f"protoc failed with {code}")


def stubs_of(root: Path) -> dict[Path, Path]:
    """The generated files below `root`, by their path in it."""
    return {path.relative_to(root): path for path in root.rglob("*.pb.go")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        old, new = stubs_of(SDK), stubs_of(Path(folder))
        stale = sorted(
            path
            for path in old.keys() | new.keys()
            if path not in old
            or path not in new
            or not filecmp.cmp(old[path], new[path], shallow=False)
        )
        if arguments.check:
            if stale:
                raise SystemExit("stale stubs (run `make stubs`): " + ", ".join(map(str, stale)))
            return
        for path in old.values():
            path.unlink()
        for path, fresh in new.items():
            (SDK / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(fresh, SDK / path)


if __name__ == "__main__":
    main()
