"""The screen of `framemesh top`."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer, Input, Static

from framemesh.cli.top.answers import LastAnswer, MasterAnswer, Mesh, MonitorAnswer
from framemesh.cli.top.cameras import CameraRow
from framemesh.cli.top.choice import MAX_ROWS, Choice
from framemesh.cli.top.colours import LIGHT_COLOURS
from framemesh.cli.top.help import Help
from framemesh.cli.top.panel import Panel
from framemesh.cli.top.pipelines import PipelineRow
from framemesh.cli.top.screen_state import Observer, ScreenState
from framemesh.cli.top.tables import CAMERAS, PIPELINES, WORKERS, WorkerRow, worker_rows
from framemesh.cli.top.verdict import Severity, Verdict, verdict
from framemesh.core.clock import Clock, SystemClock
from framemesh.runtime.concurrency.task_group import TaskGroup

MAX_PROBLEMS = 4
"""Lines of what hurts; the rest is one line with their number."""

LIGHT, DARK = "textual-light", "textual-dark"

_MARKS = {
    Severity.NOTE: ("✓", "bold green"),
    Severity.WARNING: ("!", "bold yellow"),
    Severity.BROKEN: ("✗", "bold red"),
}
_PROBLEM_STYLES = {Severity.NOTE: "dim", Severity.WARNING: "yellow", Severity.BROKEN: "red"}


class Top(App[None]):
    """Shows a mesh until somebody quits."""

    TITLE = "framemesh top"
    CSS_PATH = "top.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012  as textual has it
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("space", "pause", "pause"),
        Binding("s", "sort", "sort"),
        Binding("slash", "filter", "filter"),
        Binding("escape", "all", "all", show=False),
        Binding("l", "light", "light"),
        Binding("question_mark", "help", "help"),
    ]

    def __init__(
        self,
        open_mesh: Callable[[], Mesh],
        *,
        master: str,
        monitor: str,
        light: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """
        Args:
            open_mesh: called once, in the event loop.
            master, monitor: addresses, for what is said of them when they do not answer.
        """
        super().__init__()
        clock = clock or SystemClock()
        self._open_mesh = open_mesh
        self._monitor: LastAnswer[MonitorAnswer] = LastAnswer(monitor, clock)
        self._master: LastAnswer[MasterAnswer] = LastAnswer(master, clock)
        self._observer = Observer(self._monitor, self._master)
        self._state = ScreenState()
        self._choice = Choice()
        self._paused = False
        self.ansi_theme_light = LIGHT_COLOURS
        self.theme = LIGHT if light else DARK

    def compose(self) -> ComposeResult:
        yield Static(id="verdict")
        yield Static(id="problems")
        with Vertical(id="panels"):
            yield Panel[PipelineRow](PIPELINES, id_="pipelines")
            yield Panel[WorkerRow](WORKERS, id_="workers")
            yield Static(id="cameras-heading")
            yield Panel[CameraRow](CAMERAS, id_="cameras")
        yield Input(placeholder="part of a camera's or a pipeline's name", id="filter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#cameras").focus()
        self._show()
        self.run_worker(self._ask(), exit_on_error=True)

    async def _ask(self) -> None:
        mesh = self._open_mesh()
        try:
            async with TaskGroup() as tasks:
                # What the master said is shown with the next answer of the monitor, or with none:
                # of thousands of cameras the rows are made once a second.
                tasks.create_task(self._monitor.keep_asking(mesh.monitor, self._refresh_state))
                tasks.create_task(self._master.keep_asking(mesh.master, lambda: None))
        finally:
            await mesh.close()

    def on_resize(self, _: events.Resize) -> None:
        self._show()

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._choice = self._choice.filtered(changed.value)
        self._show()

    def on_input_submitted(self, _: Input.Submitted) -> None:
        self.query_one("#filter").display = bool(self._choice.text)
        self.query_one("#cameras").focus()

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._refresh_state()
        self._show()

    def action_sort(self) -> None:
        self._choice = self._choice.sorted_next()
        self._show()

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    def action_all(self) -> None:
        """Clear the filter."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.display = False
        self.query_one("#cameras").focus()

    def action_light(self) -> None:
        self.theme = DARK if self.theme == LIGHT else LIGHT

    def action_help(self) -> None:
        self.push_screen(Help())

    def _refresh_state(self) -> None:
        """After each answer, and after none. What is seen while it is paused makes trends, too."""
        state = self._observer.state()
        if not self._paused:
            self._state = state
            self._show()

    def _show(self) -> None:
        if not self.is_running or not self.screen_stack:
            return
        screen = self.screen_stack[0]
        if not screen.query("#cameras"):
            return
        columns = self.size.width
        state, choice = self._state, self._choice
        found = verdict(state)
        screen.query_one("#verdict", Static).update(self._headline(found))
        problems = screen.query_one("#problems", Static)
        problems.update(_problems(found))
        problems.display = bool(found.problems)
        chosen = choice.of(state.cameras)
        screen.query_one("#cameras-heading", Static).update(self._cameras_heading(len(chosen)))
        pipelines = choice.pipelines(state.pipelines)
        screen.query_one("#pipelines", Panel).show(pipelines, columns)
        screen.query_one("#workers", Panel).show(list(worker_rows(state.nodes)), columns)
        screen.query_one("#cameras", Panel).show(chosen[:MAX_ROWS], columns)

    def _headline(self, found: Verdict) -> Text:
        mark, style = _MARKS[found.severity]
        paused = ("  paused: space goes on", "bold reverse") if self._paused else ""
        return Text.assemble((f" {mark} ", style), (found.words, style), paused)

    def _cameras_heading(self, chosen: int) -> str:
        state, choice = self._state, self._choice
        how_many = f"{min(chosen, MAX_ROWS):,} of {len(state.cameras):,} cameras"
        if chosen == len(state.cameras) <= MAX_ROWS:
            how_many = f"{chosen:,} cameras" if chosen != 1 else "1 camera"
        named = f" with {choice.text!r} (escape: all)" if choice.text else ""
        return f"{how_many}{named}, {choice.order.value}"


def _problems(found: Verdict) -> Text:
    shown = found.problems[:MAX_PROBLEMS]
    lines = [Text(f"   {each.words}", _PROBLEM_STYLES[each.severity]) for each in shown]
    if more := len(found.problems) - len(shown):
        lines.append(Text(f"   and {more} more", "dim"))
    return Text("\n").join(lines)
