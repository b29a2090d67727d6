"""Where the servers that framemesh runs are on this machine.

Each is looked for in this order: the path that its environment variable names, the environment that
`make install` made, the system's PATH.
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
        ProgramMissing: there is none.
    """
    return _find("nats-server", "FRAMEMESH_NATS_SERVER", Path(sys.prefix) / "bin/nats-server")


@dataclass(frozen=True, slots=True)
class TritonInstallation:
    """A tritonserver and what it needs around it."""

    server: Path
    environment: Path | None = None
    """The Python environment whose wheel brought it: it has the Python backend only, and needs
    that environment's packages. None for a whole installation, as in NVIDIA's image."""


def triton() -> TritonInstallation:
    """The tritonserver to run.

    Raises:
        ProgramMissing: there is none.
    """
    environment = Path(os.environ.get("FRAMEMESH_TRITON_ENV", Path(sys.prefix) / "triton"))
    wheel = next(
        environment.glob("lib/python3*/site-packages/pytriton/tritonserver/bin/*server"), None
    )
    if wheel is not None and "FRAMEMESH_TRITON_SERVER" not in os.environ:
        return TritonInstallation(wheel, environment)
    system = Path("/opt/tritonserver/bin/tritonserver")
    return TritonInstallation(_find("tritonserver", "FRAMEMESH_TRITON_SERVER", system))


def _find(name: str, variable: str, usual: Path) -> Path:
    if chosen := os.environ.get(variable):
        if not os.access(chosen, os.X_OK):
            raise ProgramMissing(f"{variable} names {chosen}, which is no program that can be run")
        return Path(chosen)
    if os.access(usual, os.X_OK):
        return usual
    if found := shutil.which(name):
        return Path(found)
    raise ProgramMissing(f"no {name} found: run `make install`, or set {variable} to its path")
