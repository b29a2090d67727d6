"""How the installed tritonserver is started: its backends, its environment, its options."""

import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from framemesh.runtime.processes.malloc import MALLOC
from framemesh.runtime.processes.programs import TritonInstallation
from framemesh.runtime.tracing import services
from framemesh.worker.triton.repository import CPU, GPU

OWN_BACKENDS = Path(__file__).parent / "backends"
"""Python-based backends in place of those that the Triton of a wheel lacks."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a tritonserver: all of the command but the port."""

    command: tuple[str, ...]
    environment: dict[str, str]


def prepare(
    installation: TritonInstallation, folder: Path, prefix: str, collector: str = ""
) -> Launch:
    """Make an installation ready to serve the model repository `folder`/models.

    Args:
        prefix: of the names of its shared memory and of its processes, by which orphans of a killed
            worker are found.
        collector: URL of OTLP over HTTP, which has its own spans; empty: it makes none.
    """
    command = (
        str(installation.server),
        f"--id={prefix}",
        f"--model-repository={folder / 'models'}",
        "--grpc-address=127.0.0.1",
        "--allow-http=false",
        "--allow-metrics=false",
        "--disable-auto-complete-config",
        "--model-control-mode=explicit",
        "--load-model=*",
        # A model that does not load must not stop the server: the worker reports it by name.
        "--exit-on-error=false",
        "--strict-readiness=false",
        "--log-info=false",
        f"--backend-config=python,shm-region-prefix-name={prefix}stub-",
        *(_tracing(collector) if collector else ()),
    )
    if installation.environment is None:
        return Launch(command, MALLOC)
    backends = folder / "backends"
    packages = _assemble(installation.environment, backends)
    libraries = (
        packages / "nvidia_pytriton.libs",
        str(sysconfig.get_config_var("LIBDIR")),
        Path(sys.base_prefix) / "lib",
    )
    return Launch(
        (*command, f"--backend-directory={backends}"),
        {
            **MALLOC,
            "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
            "PYTHONPATH": str(packages),
            "PATH": f"{installation.environment / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        },
    )


def _tracing(collector: str) -> tuple[str, ...]:
    """Of the requests that come with the context of a trace, and of no others."""
    settings = (
        "mode=opentelemetry",
        "level=TIMESTAMPS",
        "rate=0",
        f"opentelemetry,url={collector}",
        f"opentelemetry,resource=service.name={services.TRITON}",
    )
    return tuple(f"--trace-config={setting}" for setting in settings)


def kind(installation: TritonInstallation) -> str:
    """The kind of device that models run on: the Triton of the wheel has no CUDA."""
    from_wheel = installation.environment is not None
    return GPU if not from_wheel and Path("/dev/nvidia0").exists() else CPU


def _assemble(environment: Path, backends: Path) -> Path:
    """Copy the wheel's Python backend and our own backends into one folder; returns the wheel's
    site-packages.

    Triton refuses links that lead out of the folder.
    """
    packages = next(environment.glob("lib/python3*/site-packages"))
    triton = packages / "pytriton/tritonserver"
    version = packages.parent.name.removeprefix("python")
    shutil.rmtree(backends, ignore_errors=True)
    shutil.copytree(OWN_BACKENDS, backends, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(triton / "backends/python", backends / "python")
    shutil.copy(
        triton / "python_backend_stubs" / version / "triton_python_backend_stub",
        backends / "python",
    )
    return packages
