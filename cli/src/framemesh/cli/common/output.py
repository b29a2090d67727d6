"""The only place that handles a standard output or standard error that cannot be written."""

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from framemesh.core.errors import Code, FramemeshError

STDOUT, STDERR = 1, 2

READER_GONE = 128 + signal.SIGPIPE
"""The exit status of a program that SIGPIPE ended, as shells have it: `framemesh watch | head`."""


class OutputFailed(FramemeshError):
    """Standard output takes no more: its disk is full, or broken."""

    code = Code.EXHAUSTED


@contextmanager
def guarded_output() -> Iterator[None]:
    """Around a whole command.

    Raises:
        OutputFailed: standard output could not be written.
        SystemExit: the reader of the pipe has ended, no error: exits silently with status 141.
    """
    if sys.stdout is not None:
        sys.stdout = _text(_Output(STDOUT, "wb", closefd=False), sys.stdout)
    if sys.stderr is not None:
        sys.stderr = _text(_Errors(STDERR, "wb", closefd=False), sys.stderr)
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


class _Output(io.FileIO):
    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError as error:
            _discard(STDOUT)
            if error.errno == errno.EPIPE:
                # Not an Exception: it ends tasks and their groups as Ctrl-C does.
                raise SystemExit(READER_GONE) from error
            reason = (error.strerror or str(error)).lower()
            raise OutputFailed(f"cannot write to standard output: {reason}") from error


class _Errors(io.FileIO):
    def write(self, data: object) -> int:
        with suppress(OSError):  # there is nobody left to say it to
            super().write(data)  # type: ignore[arg-type]
        return len(memoryview(data))  # type: ignore[arg-type]


def _text(raw: io.FileIO, like: TextIO) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffered, like.encoding, like.errors, line_buffering=raw.isatty() or raw.fileno() == STDERR
    )


def _discard(descriptor: int) -> None:
    """Whatever is written to it from now on, as what is buffered already, goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
