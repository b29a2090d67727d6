"""Structured logs: one line per event, readable on a terminal, JSON everywhere else."""

import atexit
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from framemesh.core.clock import SystemClock
from framemesh.core.urls import without_credentials
from framemesh.runtime.log_lines.clean_values import clean
from framemesh.runtime.log_lines.facts import add_facts
from framemesh.runtime.log_lines.library_logs import LibraryLogs
from framemesh.runtime.log_lines.output import LogOutput
from framemesh.runtime.log_lines.repeats import RepeatLimit


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Hide `package` from imports in the body, unless it is imported already."""
    found = sys.modules.get(package)
    sys.modules.setdefault(package, None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if found is None:
            del sys.modules[package]


# structlog would use rich for its tracebacks, where it is installed. Its import takes as long as
# that of gRPC, and a service should be back soon after a crash.
with _hidden("rich"):
    import structlog
    from structlog.tracebacks import ExceptionDictTransformer

STDERR = 2
"""The file descriptor, whatever `sys.stderr` is at the moment."""

MAX_FRAMES = 20
"""Of a traceback; its first and last ones."""

Event = MutableMapping[str, Any]


def get_logger() -> Any:
    """The logger of a module; `configure` decides where it writes."""
    return structlog.get_logger()


def bind(**facts: object) -> None:
    """Add facts to every line that this task, and each that it starts from now on, will log."""
    structlog.contextvars.bind_contextvars(**facts)


def configure(service: str, level: str = "info") -> None:
    """Write the logs of this process to standard error, each with the name of the service.

    Writing never raises or waits, whatever becomes of standard error; of what comes again and again
    most is counted instead; no URL has a password.
    """
    lines = _Lines(service, readable=os.isatty(STDERR))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, lines.render],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=lambda: lines,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    _take_library_logs()


def _take_library_logs() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, LibraryLogs)]:
        root.removeHandler(handler)
    root.addHandler(LibraryLogs(get_logger().log))


class _Lines:
    """Makes a line of each event, and takes it as structlog's logger."""

    def __init__(self, service: str, *, readable: bool) -> None:
        self._service = service
        self._readable = readable
        self._output = LogOutput(STDERR, self._lost_line)
        self._limit = RepeatLimit(SystemClock(), self._tell, _call_later)
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        # Without the values of variables: passwords are among them.
        traceback = ExceptionDictTransformer(show_locals=False, max_frames=MAX_FRAMES)
        self._exception = structlog.processors.ExceptionRenderer(traceback)
        self._json = structlog.processors.JSONRenderer()
        self._console = structlog.dev.ConsoleRenderer()
        atexit.register(self.end)

    def render(self, _: object, method: str, event: Event) -> str:
        """The last processor of an event; one that is not written ends here.

        Raises:
            structlog.DropEvent: it is counted with others of its kind.
        """
        event = self._stamp(self, method, structlog.processors.add_log_level(self, method, event))
        add_facts(event)
        if not self._limit.admits(event):
            raise structlog.DropEvent
        return self._line(event)

    def end(self) -> None:
        """Tell what was only counted, and wait a moment for a slow reader."""
        self._limit.flush()
        self._output.flush()

    def msg(self, line: str) -> None:
        self._output.write(line)

    debug = info = warning = error = critical = exception = msg

    def _tell(self, event: dict[str, Any]) -> None:
        self._output.write(self._line(self._stamp(self, "", event)))

    def _line(self, event: Event) -> str:
        if self._readable:
            return without_credentials(str(self._console(self, "", event)))
        rendered = self._json(self, "", clean(self._exception(self, "", event)))
        return rendered if isinstance(rendered, str) else rendered.decode()

    def _lost_line(self, lost: int) -> str:
        what = "line of the log was" if lost == 1 else "lines of the log were"
        event: Event = {"event": f"{lost} {what} lost", "level": "warning"}
        return self._line(self._stamp(self, "", {**event, "service": self._service, "lost": lost}))


def _call_later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
