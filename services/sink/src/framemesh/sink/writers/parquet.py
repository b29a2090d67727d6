"""Parquet files, each complete when it has its name."""

import os
from collections.abc import Sequence
from pathlib import Path

from pyarrow.parquet import write_table

from framemesh.core.clock import NANO, Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.sink.errors import file_trouble
from framemesh.sink.files.folder import Folder
from framemesh.sink.files.own_thread import OwnThread
from framemesh.sink.files.stamps import stamp
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.parquet_schema import table
from framemesh.sink.writers.writer import FlushPolicy

END = ".parquet"
FILE_RESULTS = 8192
"""Of one file, and at most in memory."""

FILE_BYTES = 32 * 1024 * 1024
"""Of the results as they are in the ledger; the file is smaller."""

FILE_SECONDS = 60.0
ROW_GROUP = 2048


class ParquetWriter:
    """Keeps results until a file of them is due. They are acknowledged when it is complete."""

    missing = 0
    refused = 0

    def __init__(self, spec: SinkSpec, clock: Clock) -> None:
        options = spec.options
        self.policy = FlushPolicy(
            FILE_RESULTS,
            min(FILE_BYTES, options.file_bytes or FILE_BYTES),
            options.file_seconds or FILE_SECONDS,
        )
        self._clock = clock
        self._folder = Folder(Path(spec.target), spec.name)
        self._thread = OwnThread(f"sink {spec.name}")
        self._results: list[Result] = []

    async def open(self) -> None:
        await self._thread.run(self._open)

    async def write(self, results: Sequence[Result]) -> None:
        self._results += results

    async def flush(self) -> None:
        if self._results:
            await self._thread.run(self._write)
            self._results.clear()

    async def abandon(self) -> None:
        self._results.clear()

    async def rest(self) -> None:
        """Nothing is kept while nothing comes."""

    async def close(self) -> None:
        await self._thread.run(self._folder.close)
        self._thread.close()

    def _open(self) -> None:
        self._folder.open()
        for part in self._folder.parts(END):
            # Its results were not acknowledged, and come again.
            part.unlink(missing_ok=True)

    def _write(self) -> None:
        part = self._folder.new(stamp(self._clock.unix_nano() / NANO), END)
        try:
            with part.open("wb") as file:
                rows = table(self._results)
                write_table(rows, file, compression="zstd", row_group_size=ROW_GROUP)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            part.unlink(missing_ok=True)
            raise file_trouble(error, str(part)) from error
        self._folder.complete(part)
