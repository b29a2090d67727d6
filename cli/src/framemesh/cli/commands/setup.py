"""The command `framemesh setup`: what no package can bring along."""

import subprocess
import venv
from pathlib import Path

import typer

from framemesh.cli.common.bundled import bundled
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.processes.programs import triton, triton_environment


class SetupFailed(FramemeshError):
    """The tritonserver could not be installed."""

    code = Code.UNAVAILABLE


def setup() -> None:
    """Install the tritonserver that workers run; once, about 700 MB.

    It gets a Python environment of its own beside framemesh, because its Python backend needs
    numpy 1. FRAMEMESH_TRITON_ENV names another folder. Not needed where FRAMEMESH_TRITON_SERVER
    names a tritonserver.
    """
    environment = triton_environment()
    typer.echo(f"installing tritonserver into {environment}")
    try:
        venv.create(environment, with_pip=True, symlinks=True)
        _install(environment, bundled("triton.txt"))
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupFailed(f"could not install tritonserver into {environment}: {error}") from error
    typer.echo(f"installed: {triton().server}")


def _install(environment: Path, requirements: Path) -> None:
    command = (
        *(str(environment / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check"),
        *("--quiet", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements)),
    )
    # pip says on standard error what is wrong.
    subprocess.run(command, check=True)
