"""Removes what a killed worker or Triton leaves behind.

Processes and shared memory are identified by a prefix of their names, temporary folders by when
they were made.
"""

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
    """The prefix of the one worker that uses the folder `data`.

    The host name is part of it: containers that share /dev/shm may all use the same folder name.
    """
    owner = f"{socket.gethostname()}:{data.resolve()}"
    return f"framemesh-{hashlib.sha256(owner.encode()).hexdigest()[:12]}-"


def remove_memory(prefix: str) -> int:
    """Remove the shared memory of `prefix`; returns the number of files."""
    files = list(SHARED_MEMORY.glob(f"{prefix}*"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def kill_processes(prefix: str) -> int:
    """Kill the servers and stubs of `prefix`; returns their number."""
    killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        # The process may exit meanwhile, or belong to another user.
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if _is_triton(words) and any(prefix.encode() in word for word in words):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    return killed


def _is_triton(words: list[bytes]) -> bool:
    """Whether a command line is that of a server or a stub, not of a grep for the prefix."""
    return Path(words[0].decode(errors="replace")).name in (
        "tritonserver",
        "triton_python_backend_stub",
    )


def backend_folders() -> set[Path]:
    """The temporary folders of all Tritons on this machine. Each makes one, uses it only to unpack
    Python environments, and removes it only on a graceful exit."""
    return set(BACKEND_FOLDERS.glob("python_env_*"))


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of `folders` that are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
