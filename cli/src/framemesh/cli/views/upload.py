"""How far a model is on its way, on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from framemesh.cli.common.console import output_console


class UploadView:
    """A bar on standard error while that is a terminal; else only what is out of the ordinary."""

    def __init__(self, progress: Progress, size_bytes: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=size_bytes)

    def has(self, received_bytes: int) -> None:
        """So many bytes of the file are sent, or were there."""
        self._progress.update(self._task, completed=received_bytes)

    def interrupted(self, received_bytes: int) -> None:
        """The connection broke."""
        self._progress.console.print(
            f"the connection broke after {decimal(received_bytes)}: trying again"
        )


@contextmanager
def upload_view(name: str, size_bytes: int) -> Iterator[UploadView]:
    """Shown in the body."""
    console = output_console(stderr=True)
    columns = (
        TextColumn(f"model {name}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield UploadView(progress, size_bytes)
