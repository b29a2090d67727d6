"""The GPUs of the machine, by NVIDIA's management library."""

import pynvml

from framemesh.agent.machine.figures import Gpu
from framemesh.runtime.logs import get_logger

log = get_logger()


class GpuReader:
    """Reads the GPUs; a machine without NVIDIA's driver has none."""

    def __init__(self) -> None:
        self._available: bool | None = None
        """None: not asked yet."""

    def read(self) -> tuple[Gpu, ...]:
        """The GPUs now. It may block for milliseconds, and for seconds while a driver starts."""
        if self._available is None:
            self._available = _initialise()
        if not self._available:
            return ()
        try:
            return tuple(map(_gpu, range(pynvml.nvmlDeviceGetCount())))
        except pynvml.NVMLError as error:
            # A driver that is replaced, or a GPU that fell off its bus: none can be used now.
            log.warning("GPUs cannot be read", error=str(error))
            return ()


def _initialise() -> bool:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        log.info("no GPU is reported", reason=str(error).lower())
        return False
    return True


def _gpu(index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        name=_text(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(memory.total),
        memory_used_bytes=int(memory.used),
        used=pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
    )


def _text(value: str | bytes) -> str:
    """Older drivers answer with bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
