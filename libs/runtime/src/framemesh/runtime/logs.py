"""Structured logs: one line per event, readable on a terminal, JSON everywhere else."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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


def get_logger() -> Any:
    """The logger of a module; `configure` decides where it writes."""
    return structlog.get_logger()


def configure(service: str, level: str = "info") -> None:
    """Write the logs of this process to standard error, each with the name of the service."""
    readable = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if readable else structlog.processors.dict_tracebacks,
            *([] if readable else [structlog.processors.JSONRenderer()]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
