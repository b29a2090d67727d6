"""What a change costs or gains: `python -m bench.compare REVISION`; `make bench-compare REV=...`.

Two meshes stand side by side, one of this working tree, the other of the revision, which is checked
out beside it and runs with the same installed packages. In turns, each is saturated while the other
rests, so that a machine whose speed moves is the same for both; the figures are the medians of the
ratios of a turn.
"""

import argparse
import asyncio
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.compare.pairs import in_turns, report
from bench.compare.separate_mesh import separate_mesh
from bench.frames import MODEL, ROOT
from framemesh.cli.local.ports import Ports


def git(*command: str) -> str:
    done = subprocess.run(
        ["git", *command],  # noqa: S607
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return done.stdout.strip()


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """The files of a revision, for as long as the context lasts."""
    git("worktree", "add", "--quiet", "--detach", str(folder), revision)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


def environment_of(checkout: Path) -> Mapping[str, str]:
    """What makes Python take the packages of a checkout before those that are installed."""
    sources = sorted(checkout.glob("*/src")) + sorted(checkout.glob("*/*/src"))
    return {"PYTHONPATH": ":".join(map(str, sources))}


async def compare(
    revision: str, rounds: int, frames_of_each: int, model_folder: Path, folder: Path
) -> None:
    with checked_out(revision, folder / "checkout") as checkout:
        async with (
            separate_mesh(
                folder / "ours", Ports.free(), environment_of(ROOT), model_folder
            ) as ours,
            separate_mesh(
                folder / "theirs",
                Ports.free(),
                environment_of(checkout),
                model_folder,
                checkout=checkout,
            ) as theirs,
        ):
            pairs = await in_turns(
                lambda: ours.saturate(frames_of_each),
                lambda: theirs.saturate(frames_of_each),
                rounds,
            )
    report(pairs, "this tree", git("rev-parse", "--short", revision))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="to compare this working tree with")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--frames", type=int, default=250, help="of each of the four cameras")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            compare(
                arguments.revision,
                arguments.rounds,
                arguments.frames,
                arguments.model,
                Path(folder),
            )
        )


if __name__ == "__main__":
    main()
