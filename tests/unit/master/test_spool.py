"""Files on their way in are on disk and bounded, and leave nothing."""

import hashlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from framemesh.master.models.spool import ModelTooLarge, SpoolFailed, spooled

MIB = 1024 * 1024


async def chunks(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number]) * MIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """One of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["/bin/umount", "--lazy", folder], check=True)


async def test_what_came_can_be_read_by_its_path(tmp_path: Path) -> None:
    content = b"".join([chunk async for chunk in chunks(3)])
    async with spooled(chunks(3), tmp_path / "spool") as found:
        assert found.path.read_bytes() == content
        assert found.size_bytes == len(content)
        assert found.digest == hashlib.sha256(content).hexdigest()
        assert list((tmp_path / "spool").iterdir()) == []


async def test_a_file_over_the_limit_is_refused_as_soon_as_it_is_known(tmp_path: Path) -> None:
    with pytest.raises(ModelTooLarge, match="the file is over 2097152 bytes"):
        async with spooled(chunks(1000), tmp_path, max_bytes=2 * MIB):
            pass


async def test_a_full_disk_is_one_line_and_is_free_again(disk: Path) -> None:
    with pytest.raises(SpoolFailed, match=r"no room for the file in .*FRAMEMESH_MASTER_SPOOL"):
        async with spooled(chunks(6), disk):
            pass
    async with spooled(chunks(3), disk) as found:
        assert found.size_bytes == 3 * MIB


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SpoolFailed, match=r"cannot write to .*/file/spool: not a directory"):
        async with spooled(chunks(1), tmp_path / "file" / "spool"):
            pass
