"""Files with one JSON document a line, as `framemesh watch --json` prints them."""

import json
import os
from collections.abc import Sequence
from functools import partial
from io import FileIO
from pathlib import Path

from framemesh.core.clock import NANO, Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.outcome_json import outcome_to_json
from framemesh.sink.errors import file_trouble
from framemesh.sink.files.folder import Folder, write_all
from framemesh.sink.files.own_thread import OwnThread
from framemesh.sink.files.stamps import stamp, stamped
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.writer import AT_ONCE

log = get_logger()

END = ".jsonl"
FILE_BYTES = 64 * 1024 * 1024
FILE_SECONDS = 3600.0


class JsonlWriter:
    """Appends to a part, whose lines are durable; it is complete when it is long or old enough."""

    policy = AT_ONCE
    missing = 0
    refused = 0

    def __init__(self, spec: SinkSpec, clock: Clock) -> None:
        self._clock = clock
        self._folder = Folder(Path(spec.target), spec.name)
        self._thread = OwnThread(f"sink {spec.name}")
        self._file_bytes = spec.options.file_bytes or FILE_BYTES
        self._file_seconds = spec.options.file_seconds or FILE_SECONDS
        self._part: Path | None = None
        self._file: FileIO | None = None
        self._bytes = 0
        """Of the part, that are durable."""
        self._began = 0.0
        """Unix time of the part."""
        self._results: list[Result] = []

    async def open(self) -> None:
        await self._thread.run(self._open)

    async def write(self, results: Sequence[Result]) -> None:
        self._results += results

    async def flush(self) -> None:
        if self._results:
            await self._thread.run(partial(self._append, list(self._results)))
            self._results.clear()

    async def abandon(self) -> None:
        self._results.clear()
        await self._thread.run(self._truncate)

    async def rest(self) -> None:
        if self._file and self._clock_seconds() - self._began >= self._file_seconds:
            await self._thread.run(self._complete)

    async def close(self) -> None:
        await self._thread.run(self._close)
        self._thread.close()

    def _clock_seconds(self) -> float:
        return self._clock.unix_nano() / NANO

    def _open(self) -> None:
        self._folder.open()
        if self._file is not None:
            return
        for part in self._folder.parts(END):
            # Of several, the newest is gone on with.
            self._complete()
            self._resume(part)

    def _resume(self, part: Path) -> None:
        """Go on with a part; a last line that was not written to its end is cut off: its result
        was not acknowledged, and comes again."""
        try:
            file = part.open("r+b", buffering=0)
            whole = _whole_lines(file)
            if whole < file.seek(0, os.SEEK_END):
                log.info("a line that was cut off is removed", file=str(part))
                file.truncate(whole)
                os.fsync(file.fileno())
            file.seek(whole)
        except OSError as error:
            raise file_trouble(error, str(part)) from error
        self._part, self._file, self._bytes = part, file, whole
        self._began = stamped(part.name) or self._clock_seconds()

    def _append(self, results: list[Result]) -> None:
        lines = b"".join(map(_line, results))
        file = self._file or self._begin()
        try:
            write_all(file, lines)
            os.fsync(file.fileno())
        except OSError as error:
            raise file_trouble(error, str(self._part)) from error
        self._bytes += len(lines)
        old = self._clock_seconds() - self._began >= self._file_seconds
        if old or self._bytes >= self._file_bytes:
            self._complete()

    def _begin(self) -> FileIO:
        self._began = self._clock_seconds()
        part = self._folder.new(stamp(self._began), END)
        try:
            # Unbuffered: what a full disk did not take is not written by a later close.
            file = part.open("xb", buffering=0)
            self._folder.sync()
        except OSError as error:
            raise file_trouble(error, str(part)) from error
        self._part, self._file, self._bytes = part, file, 0
        return file

    def _truncate(self) -> None:
        """Back to what is durable."""
        if self._file is None:
            return
        try:
            self._file.truncate(self._bytes)
            self._file.seek(self._bytes)
        except OSError as error:
            raise file_trouble(error, str(self._part)) from error

    def _complete(self) -> None:
        part, self._part = self._part, None
        file, self._file = self._file, None
        if file is not None and part is not None:
            file.close()
            if self._bytes:
                self._folder.complete(part)
            else:
                part.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._part = self._file = None
        self._folder.close()


def _line(result: Result) -> bytes:
    return json.dumps(outcome_to_json(result.outcome), separators=(",", ":")).encode() + b"\n"


def _whole_lines(file: FileIO) -> int:
    """The bytes of a file up to the end of its last line that has one."""
    end = file.seek(0, os.SEEK_END)
    step = 64 * 1024
    while end:
        start = max(0, end - step)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
