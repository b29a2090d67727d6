"""A Python environment outside the checkout, with nothing in it but what a test installs."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.dist import ROOT

UV = shutil.which("uv") or str(ROOT / ".tools/uv/bin/uv")

SECONDS = 300
"""For one command; installing waits for downloads."""


def interpreter(version: str) -> str:
    """The path of a Python of this version, as "3.12"; skips the test where there is none."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    if found := sorted(installed.glob(f"{version}.*/bin/python")):
        return str(found[-1])
    if path := shutil.which(f"python{version}"):
        return path
    pytest.skip(f"there is no Python {version} on this machine")


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, and an empty folder that is the home and the working directory."""

    root: Path
    python: str

    @property
    def home(self) -> Path:
        return self.root / "home"

    def create(self) -> None:
        self.home.mkdir(parents=True)
        _uv("venv", "--no-project", "--python", self.python, str(self.root / "venv"))

    def install(self, *wheels: Path, requirements: str) -> None:
        """Install wheels of ours, and their pinned requirements: with every hash, and no more."""
        into = ("--python", str(self.program("python")))
        pins = ROOT / "requirements" / requirements
        _uv("pip", "sync", *into, "--require-hashes", str(pins))
        _uv("pip", "install", *into, "--no-deps", "--no-index", *map(str, wheels))
        _uv("pip", "check", *into)

    def program(self, name: str) -> Path:
        return self.root / "venv/bin" / name

    def run(self, program: str, *arguments: str, **variables: str) -> str:
        """Run an installed program, as somebody who has nothing else does; returns its output."""
        done = subprocess.run(
            (str(self.program(program)), *arguments),
            cwd=self.home,
            env={**_machine(), "HOME": str(self.home), **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        (UV, *arguments, "--quiet"),
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _machine() -> dict[str, str]:
    """The environment variables of the machine, without what this checkout adds."""
    ours = ("FRAMEMESH_", "PYTHON", "PYTEST_", "VIRTUAL_ENV", "UV_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PATH": "/usr/local/bin:/usr/bin:/bin"}
