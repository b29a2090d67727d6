"""CPUs, memory, disk and GPUs of the machine."""

import asyncio
from pathlib import Path
from typing import NoReturn

import psutil

from framemesh.agent.machine.figures import Gpu, MachineFigures
from framemesh.agent.machine.gpus import GpuReader
from framemesh.runtime.logs import get_logger

log = get_logger()

READ_SECONDS = 2.0
"""Between two readings: as often as a node is reported."""


class Machine:
    """The machine that this process runs on; `figures` is what was read last.

    Reading may block, on a disk that does not answer or on a driver, so it is done in a thread, and
    reports do not wait for it.
    """

    def __init__(
        self, folder: Path, *, cpus: int | None = None, memory_bytes: int | None = None
    ) -> None:
        """
        Args:
            folder: on the disk that is reported.
            cpus, memory_bytes: what workers may use, where it is not all that there is.
        """
        self._folder = folder
        self._cpus = cpus
        self._memory_bytes = memory_bytes
        self._gpus = GpuReader()
        # The first reading has no interval and is always 0.
        psutil.cpu_percent()
        self.figures = self._read(())

    async def run(self) -> NoReturn:
        """Read again and again."""
        while True:
            try:
                self.figures = await asyncio.to_thread(self._read_all)
            except OSError as error:
                # The node works on; its figures are old.
                log.warning("the machine's figures cannot be read", error=str(error))
            await asyncio.sleep(READ_SECONDS)

    def _read_all(self) -> MachineFigures:
        return self._read(self._gpus.read())

    def _read(self, gpus: tuple[Gpu, ...]) -> MachineFigures:
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(str(_existing(self._folder)))
        return MachineFigures(
            cpus=self._cpus or psutil.cpu_count() or 1,
            cpu_used=psutil.cpu_percent() / 100,
            memory_bytes=self._memory_bytes or memory.total,
            # What the system would give back at once is not used.
            memory_used_bytes=memory.total - memory.available,
            disk_bytes=disk.total,
            disk_used_bytes=disk.used,
            gpus=gpus,
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
