"""The wheels, built once for all tests of this folder."""

from pathlib import Path

import pytest

from tests.packaging.environment import UV
from tools import dist


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheels of `framemesh` and of `framemesh-sdk`."""
    framemesh, sdk = dist.build(tmp_path_factory.mktemp("wheels"), UV)
    return framemesh, sdk
