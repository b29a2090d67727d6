"""The wheels as people use them: installed outside the checkout, with an empty home.

It downloads and unpacks some hundred megabytes: `make test-dist`.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from framemesh.cli.local.ports import Ports
from tests.packaging.environment import Environment, interpreter
from tools.dist import ROOT

pytestmark = [pytest.mark.dist, pytest.mark.timeout(600)]

EXAMPLE = ROOT / "examples/camera.py"
PICTURE = ROOT / "docs/street.jpg"


@pytest.fixture(scope="module", params=["3.11", "3.12"])
def framemesh(
    request: pytest.FixtureRequest,
    wheels: tuple[Path, Path],
    native: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    """Everything, as after `pip install framemesh[local]`."""
    python = interpreter(request.param)
    environment = Environment(tmp_path_factory.mktemp("framemesh"), python)
    environment.create()
    all_wheels = wheels if native is None else (*wheels, native)
    environment.install(*all_wheels, requirements="framemesh.txt")
    return environment


@pytest.fixture(scope="module")
def ready(framemesh: Environment) -> Environment:
    """The same after `framemesh setup`."""
    assert "installed: " in framemesh.run("framemesh", "setup")
    return framemesh


@pytest.fixture(scope="module")
def ingest(ready: Environment) -> Iterator[str]:
    """The address of ingest of a mesh that runs the bundled pipeline."""
    ports = Ports.free()
    ready.run("framemesh", "up", "--port-base", str(ports.base))
    try:
        ready.run("framemesh", "examples")
        for command in (
            ("model", "submit", "examples/person"),
            ("pipeline", "apply", "examples/street/pipeline.yaml"),
        ):
            ready.run("framemesh", *command, "--master", ports.master)
        yield ports.ingest
    finally:
        ready.run("framemesh", "down")


def test_what_is_missing_is_said_in_one_line(framemesh: Environment) -> None:
    nowhere = {"FRAMEMESH_TRITON_ENV": str(framemesh.home / "nowhere")}
    done = subprocess.run(
        (framemesh.program("framemesh"), "demo"),
        cwd=framemesh.home,
        env={"HOME": str(framemesh.home), "PATH": "/usr/bin:/bin", **nowhere},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "error: no tritonserver found: run `framemesh setup`,"
        " or set FRAMEMESH_TRITON_SERVER to its path\n"
    )


def test_inputs_are_prepared_by_the_native_library(
    framemesh: Environment, native: Path | None
) -> None:
    said = framemesh.run("python", "-c", "from framemesh.pixels import MISSING; print([MISSING])")
    assert said.strip() == ("['was not built']" if native is None else "['']")


def test_the_demo_runs_from_the_wheels_alone(ready: Environment) -> None:
    said = ready.run("framemesh", "demo")
    assert "400 frames" in said
    assert said.count("✓") == 2
    assert (ready.home / "demo/results.jsonl").stat().st_size > 0
    assert ready.run("python", "-c", "import framemesh.cli as c; print(c.__file__)").startswith(
        str(ready.root)
    )


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_sdks_example_runs_with_the_sdk_alone(
    wheels: tuple[Path, Path], ingest: str, tmp_path: Path, version: str
) -> None:
    environment = Environment(tmp_path, interpreter(version))
    environment.create()
    environment.install(wheels[1], requirements="sdk.txt")
    example = environment.home / "camera.py"
    example.write_text(EXAMPLE.read_text().replace("127.0.0.1:7401", ingest))
    said = environment.run("python", str(example), str(PICTURE), str(PICTURE))
    assert "accepted=2" in said
