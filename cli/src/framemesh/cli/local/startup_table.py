"""The table that shows a mesh coming up."""

from types import TracebackType

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from framemesh.cli.common.console import output_console
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.processes.supervision import State

STYLES = {
    State.STARTING: "yellow",
    State.READY: "green",
    State.FAILED: "red",
    State.STUCK: "red",
    State.STOPPING: "yellow",
}


class StartupTable:
    """A live table of the programs: name, address, state, seconds until it was ready."""

    def __init__(self) -> None:
        # A terminal shows every change; a file or a pipe gets the last table.
        spinner = Spinner("dots", "starting")
        self._live = Live(spinner, console=output_console(), refresh_per_second=12)

    def show(self, run: RunState) -> None:
        self._live.update(_table(run))

    def __enter__(self) -> "StartupTable":
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        if not self._live.console.is_terminal:
            self._live.console.line()


def _table(run: RunState) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("name", "address", "state"):
        table.add_column(title)
    table.add_column("seconds", justify="right")
    for program in run.programs:
        state = Text(program.state.value, STYLES[program.state])
        table.add_row(program.name, program.address, state, _seconds(program.ready_seconds))
    return table


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"
