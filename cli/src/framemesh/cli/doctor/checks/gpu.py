"""GPUs, as NVIDIA's management library has them, and whether Triton can use them."""

from collections.abc import Sequence
from pathlib import Path

import pynvml

from framemesh.cli.doctor.finding import Finding, good, note, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.runtime.processes.programs import ProgramMissing, triton

DEVICE = Path("/dev/nvidia0")


async def examine(_: Surroundings) -> Sequence[Finding]:
    return [await in_thread(_examined)]


def _examined() -> Finding:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return without_library(DEVICE.exists(), str(error).lower())
    try:
        count = pynvml.nvmlDeviceGetCount()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        names = [_text(pynvml.nvmlDeviceGetName(handle)) for handle in handles]
        return judged(names, _text(pynvml.nvmlSystemGetDriverVersion()), with_cuda=_with_cuda())
    except pynvml.NVMLError as error:
        return warning(f"GPUs cannot be read: {error}", "`nvidia-smi` tells more")
    finally:
        pynvml.nvmlShutdown()


def without_library(device: bool, why: str) -> Finding:
    if device:
        return warning(
            f"there is a GPU, and it cannot be read: {why}",
            "install NVIDIA's driver; in docker: `--gpus all` and its container toolkit",
        )
    return note(f"no GPU ({why}): models run on the CPUs")


def judged(names: Sequence[str], driver: str, *, with_cuda: bool) -> Finding:
    if not names:
        return note(f"no GPU (driver {driver}): models run on the CPUs")
    words = f"{', '.join(names)}, driver {driver}"
    if not with_cuda:
        return warning(
            f"{words}; models run on the CPUs: the tritonserver of `framemesh setup` has no CUDA",
            "use NVIDIA's image of tritonserver, and set FRAMEMESH_TRITON_SERVER",
        )
    return good(words)


def _with_cuda() -> bool:
    """Whether the tritonserver is a whole one, as in NVIDIA's image."""
    try:
        return triton().environment is None
    except ProgramMissing:
        return True  # another check tells


def _text(value: str | bytes) -> str:
    """Older drivers answer with bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
