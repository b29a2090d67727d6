import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from framemesh.cli.local.storage import MAX_BYTES, store_limit

GIB = 1024**3


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Free bytes of a disk, in a list so that a test can change them."""
    free = [10 * GIB]

    def usage(path: Path) -> SimpleNamespace:
        return SimpleNamespace(free=free[0])

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return free


def test_streams_get_most_of_what_is_free(tmp_path: Path, disk: list[int]) -> None:
    assert store_limit(tmp_path / "new") == 8 * GIB


def test_streams_never_get_more_than_64_gib(tmp_path: Path, disk: list[int]) -> None:
    disk[0] = 1000 * GIB
    assert store_limit(tmp_path) == MAX_BYTES


def test_what_streams_hold_already_is_theirs(tmp_path: Path, disk: list[int]) -> None:
    disk[0] = 0
    stream = tmp_path / "jetstream" / "frames"
    stream.mkdir(parents=True)
    (stream / "1.blk").write_bytes(bytes(1000))
    assert store_limit(tmp_path) == 800
