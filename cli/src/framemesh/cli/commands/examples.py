"""The command `framemesh examples`: the bundled files, to read, run and change."""

import shutil
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from framemesh.cli.common.bundled import bundled
from framemesh.core.errors import Code, FramemeshError


class ExamplesNotCopied(FramemeshError):
    """The folder for the examples cannot be written to, or has other files."""

    code = Code.CONFLICT


def examples(
    folder: Annotated[Path, typer.Argument(help="A new folder.")] = Path("examples"),
) -> None:
    """Copy the bundled model, pipeline and clip into a new folder."""
    try:
        folder.mkdir(parents=True)
        for name in ("person", "street"):
            shutil.copytree(bundled(name), folder / name)
    except OSError as error:
        raise ExamplesNotCopied(f"cannot make the folder {folder}: {error.strerror}") from error
    typer.echo(f"next: framemesh model submit {quote(str(folder / 'person'))}")
    typer.echo(f"      framemesh pipeline apply {quote(str(folder / 'street/pipeline.yaml'))}")
