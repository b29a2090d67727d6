"""The disk of a sink is full for a while: it says so in one line, waits, and goes on by itself."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.sink.kinds import Jsonl, Kind, Mp4, Parquet
from tests.integration.sink.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


KIB = 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["/bin/umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("kind_type", [Jsonl, Parquet, Mp4], ids=["jsonl", "parquet", "mp4"])
async def test_a_full_disk_holds_up_its_own_sink_for_as_long_as_it_lasts(
    world: World, disk: Path, tmp_path: Path, kind_type: type[Kind]
) -> None:
    full, other = kind_type(disk), Jsonl(tmp_path / "other")
    await world.add(full.spec("full"))
    await world.add(other.spec("other"))
    filler = disk / "filler"
    filler.write_bytes(bytes(252 * KIB))
    async with world.running() as process:
        await world.complete("north", range(1, 101))
        await world.caught_up("other")
        await eventually(lambda: process.said("a sink cannot write, will try again"))
        (line, *_) = process.said("a sink cannot write, will try again")
        assert str(line["why"]).endswith("no space left on device")
        filler.unlink()
        await world.caught_up("full")
        assert len(process.said("a sink cannot write, will try again")) <= 2
    expected = [("north", number) for number in range(1, 101)]
    assert full.arrived() == expected
    assert other.arrived() == expected
