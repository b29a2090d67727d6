"""The wheels, built once for all tests of this folder."""

from pathlib import Path

import pytest

from tests.packaging.environment import UV
from tools import dist


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheels of `framemesh` and of `framemesh-sdk`."""
    framemesh, *_, sdk = dist.build(tmp_path_factory.mktemp("wheels"), UV)
    return framemesh, sdk


@pytest.fixture(scope="session")
def native(wheels: tuple[Path, Path]) -> Path | None:
    """The wheel of `framemesh-pixels`, where its library was built."""
    found = list(wheels[0].parent.glob("framemesh_pixels-*.whl"))
    return found[0] if found else None
