"""What a worker or a Triton that was killed leaves behind: processes and shared memory, told by a
prefix, and folders, told by when they came."""

import contextlib
import hashlib
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  where Linux keeps it

BACKEND_FOLDERS = Path("/tmp")  # noqa: S108  where Triton's Python backend makes one for itself


def prefix_of(data: Path) -> str:
    """The prefix of one worker, which is the only one that uses the folder `data`.

    Containers that share /dev/shm may each have a folder of that name, and have hosts of their own.
    """
    place = f"{socket.gethostname()}:{data.resolve()}"
    return f"framemesh-{hashlib.sha256(place.encode()).hexdigest()[:12]}-"


def remove_memory(prefix: str) -> int:
    """Remove the shared memory of `prefix`; returns how many files that were."""
    files = list(SHARED_MEMORY.glob(f"{prefix}*"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def kill_processes(prefix: str) -> int:
    """Kill the servers and stubs of `prefix`; returns how many those were."""
    killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        # The process may end while we look, or belong to somebody else.
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if _is_triton(words) and any(prefix.encode() in word for word in words):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    return killed


def _is_triton(words: list[bytes]) -> bool:
    """Whether a command line is that of a server or of one of its stubs, and not of an editor or a
    grep that has the prefix among its words."""
    return Path(words[0].decode(errors="replace")).name in (
        "tritonserver",
        "triton_python_backend_stub",
    )


def backend_folders() -> set[Path]:
    """Those of all Tritons of this machine. Only one that unpacks environments puts anything into
    its own, and only one that is asked to end, and given seconds for it, removes it."""
    return set(BACKEND_FOLDERS.glob("python_env_*"))


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of `folders` that are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
