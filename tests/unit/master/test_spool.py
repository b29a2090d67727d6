"""Files on their way in are on disk and bounded; what came of a call that broke is kept."""

import asyncio
import contextlib
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.master.models.spool import FOLDER, Spool, SpoolBounds
from framemesh.master.models.upload import (
    ModelTooLarge,
    SpoolFailed,
    Upload,
    UploadDamaged,
    UploadStale,
)
from tests.hand_clock import HandClock

MIB = 1024 * 1024
CONTENT = b"".join(bytes([number]) * MIB for number in range(3))
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Broken(Exception):
    """The connection of a call."""


async def fill(upload: Upload, content: bytes = CONTENT) -> None:
    """Write what it lacks of `content`."""
    for at in range(upload.received_bytes, len(content), MIB):
        await upload.write(content[at : at + MIB])


async def break_off(spool: Spool, content: bytes = CONTENT, after: int = MIB) -> None:
    """Send the beginning of a file whose digest is announced."""
    with contextlib.suppress(Broken):
        async with spool.upload(hashlib.sha256(content).hexdigest(), len(content)) as upload:
            await fill(upload, content[:after])
            raise Broken


async def send(spool: Spool, content: bytes = CONTENT, size: int = len(CONTENT)) -> None:
    """Send a whole file in place of that whose digest is announced."""
    async with spool.upload(DIGEST, size) as upload:
        await fill(upload, content)
        await upload.check()


def kept(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in (folder / FOLDER).iterdir())


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, SystemClock())


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


async def test_what_came_can_be_read_by_its_path_and_goes_with_the_call(
    spool: Spool, tmp_path: Path
) -> None:
    async with spool.upload(DIGEST, len(CONTENT)) as upload:
        await fill(upload)
        await upload.check()
        assert upload.path.read_bytes() == CONTENT
    assert kept(tmp_path) == []


async def test_the_next_call_goes_on_where_one_broke(spool: Spool, tmp_path: Path) -> None:
    await break_off(spool)
    assert kept(tmp_path) == [MIB]
    async with Spool(tmp_path, SystemClock()).upload(DIGEST, len(CONTENT)) as upload:
        assert upload.received_bytes == MIB
        await fill(upload)
        await upload.check()
        assert upload.path.read_bytes() == CONTENT


async def test_what_is_not_the_file_goes_and_is_not_gone_on_with(
    spool: Spool, tmp_path: Path
) -> None:
    with pytest.raises(UploadDamaged, match="does not have the SHA-256 that was announced"):
        await send(spool, bytes(len(CONTENT)))
    assert kept(tmp_path) == []


async def test_a_damaged_beginning_is_sent_again(spool: Spool, tmp_path: Path) -> None:
    await break_off(spool)
    (part,) = (tmp_path / FOLDER).iterdir()
    part.write_bytes(bytes([9]) * MIB)
    with pytest.raises(UploadStale, match="send it again"):
        await send(spool)
    assert kept(tmp_path) == []


async def test_more_than_was_announced_is_refused_as_soon_as_it_is_known(
    spool: Spool, tmp_path: Path
) -> None:
    with pytest.raises(ModelTooLarge, match="the file is over the 2097152 bytes"):
        await send(spool, size=2 * MIB)
    assert kept(tmp_path) == []


async def test_one_call_at_a_time_writes_a_file(spool: Spool, tmp_path: Path) -> None:
    async with spool.upload(DIGEST, len(CONTENT)) as upload:
        other = Spool(tmp_path, SystemClock())
        waiting = asyncio.create_task(_received(other))
        await fill(upload, CONTENT[: 2 * MIB])
        assert not waiting.done()
    assert await waiting == 2 * MIB


async def _received(spool: Spool) -> int:
    async with spool.upload(DIGEST, len(CONTENT)) as upload:
        return upload.received_bytes


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        (SpoolBounds(max_files=2), [2 * MIB, 3 * MIB]),
        (SpoolBounds(max_bytes=3 * MIB), [3 * MIB]),
        (SpoolBounds(max_age_seconds=150), [2 * MIB, 3 * MIB]),
    ],
    ids=["files", "bytes", "age"],
)
async def test_what_is_kept_is_bounded_the_oldest_goes_first(
    tmp_path: Path, bounds: SpoolBounds, left: list[int]
) -> None:
    clock = HandClock(1300)
    for number in (1, 2, 3):
        await break_off(Spool(tmp_path, clock), CONTENT + bytes([number]), number * MIB)
    for path in (tmp_path / FOLDER).iterdir():
        written = 1000 + 100 * path.stat().st_size / MIB
        os.utime(path, (written, written))
    Spool(tmp_path, clock, bounds).expire()
    assert kept(tmp_path) == left


async def test_what_a_call_writes_stays_whatever_its_age(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SystemClock(), SpoolBounds(max_files=0))
    async with spool.upload(DIGEST, len(CONTENT)) as upload:
        await fill(upload)
        spool.expire()
        assert kept(tmp_path) == [len(CONTENT)]


async def test_a_full_disk_is_one_line_and_is_free_again(disk: Path) -> None:
    spool = Spool(disk, SystemClock())
    with pytest.raises(SpoolFailed, match=r"no room for the file in .*FRAMEMESH_MASTER_SPOOL"):
        await send(spool, 2 * CONTENT, 6 * MIB)
    assert kept(disk) == []
    await send(spool)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    spool = Spool(tmp_path / "file", SystemClock())
    with pytest.raises(SpoolFailed, match=r"cannot write to .*/file/framemesh-uploads: not a dire"):
        async with spool.upload(DIGEST, 1):
            pass
