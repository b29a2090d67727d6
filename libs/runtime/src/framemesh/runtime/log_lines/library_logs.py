"""What libraries log becomes events of ours: asyncio tells of tasks that failed unseen."""

import logging
from collections.abc import Callable
from typing import Any


class LibraryLogs(logging.Handler):
    """Hands each record on as an event."""

    def __init__(self, log: Callable[..., Any]) -> None:
        """`log` takes a level and an event, and facts by name."""
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception as error:  # noqa: BLE001  its arguments do not fit its format
            message = f"{record.msg} ({error})"
        # The name of an exception that a library caught says more than nothing.
        exc_info = record.exc_info if record.exc_info and record.exc_info[1] else None
        facts = {"exc_info": exc_info[1]} if exc_info else {}
        self._log(record.levelno, message, logger=record.name, **facts)
