"""Sinks that need pictures: where those come from, and what is made of them."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from framemesh.core.sinks.spec import SinkOptions
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.messages.subjects import frames_stream, pictures_stream
from tests.integration.sink.kinds import Crops, Mp4
from tests.integration.sink.numbered_pictures import HEIGHT, WIDTH
from tests.integration.sink.world import World, outcome
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


FFPROBE = shutil.which("ffprobe")


async def streams_of(world: World) -> list[str]:
    return await JetStream(world.broker).streams.names("pictures.street.>")


async def test_frames_are_copied_only_while_a_sink_wants_pictures(
    world: World, tmp_path: Path
) -> None:
    streams = JetStream(world.broker).streams
    frames = frames_stream("street", 1, 0)
    await world.add(Mp4(tmp_path / "a").spec("a"))
    await world.add(Crops(tmp_path / "b").spec("b"))
    assert await streams_of(world) == [pictures_stream("street")]
    assert (await streams.info(frames)).config.republish is not None
    await world.sinks.manager.remove("a")
    assert await streams_of(world) == [pictures_stream("street")]
    await world.sinks.manager.remove("b")
    assert await streams_of(world) == []
    assert (await streams.info(frames)).config.republish is None


async def test_a_picture_that_is_gone_is_counted_and_the_sink_goes_on(
    world: World, tmp_path: Path
) -> None:
    kind = Mp4(tmp_path)
    await world.add(kind.spec())
    await world.complete("north", range(1, 6))
    await JetStream(world.broker).streams.purge(pictures_stream("street"))
    await world.complete("north", range(6, 11))
    async with world.running() as process:
        await world.caught_up("yard")

        async def missing() -> int:
            return (await world.sinks.manager.get("yard")).state.missing_pictures

        await eventually(missing, until=lambda count: count == 5)
        (line,) = process.said("pictures were gone before a sink came to them")
        assert line["count"] == 5
    assert kind.arrived() == [("north", number) for number in range(6, 11)]


@pytest.mark.skipif(FFPROBE is None, reason="ffprobe is not installed")
async def test_a_video_has_all_frames_their_size_and_its_rate(world: World, tmp_path: Path) -> None:
    kind = Mp4(tmp_path)
    options = SinkOptions(frames_per_second=5, file_seconds=2)
    await world.add(replace(kind.spec(), options=options))
    await world.complete("north", range(1, 21))
    async with world.running():
        await world.caught_up("yard")
    frames = 0
    for video in kind.folder.glob("[!.]*.mp4"):
        told = await asyncio.create_subprocess_exec(
            str(FFPROBE),
            *("-v", "error", "-count_frames", "-of", "json", "-show_streams", str(video)),
            stdout=asyncio.subprocess.PIPE,
        )
        (stream,) = json.loads((await told.communicate())[0])["streams"]
        assert (stream["codec_name"], stream["pix_fmt"]) == ("vp9", "yuv420p")
        assert (stream["width"], stream["height"]) == (WIDTH, HEIGHT)
        assert stream["avg_frame_rate"] == "5/1"
        frames += int(stream["nb_read_frames"])
    assert frames == 20


async def test_crops_are_what_is_under_the_boxes(world: World, tmp_path: Path) -> None:
    kind = Crops(tmp_path)
    await world.add(kind.spec(labels=("person",)))
    await world.complete("north", [1])
    async with world.running():
        await world.caught_up("yard")
    assert [folder.name for folder in kind.folder.iterdir() if folder.is_dir()] == ["person"]
    (crop,) = kind.folder.glob("person/[!.]*.jpg")
    picture = cv2.imread(str(crop))
    assert picture is not None
    # The box is from 0.1 to 0.5 across, and from 0.2 to 0.9 down.
    assert picture.shape == (round(0.9 * HEIGHT) - round(0.2 * HEIGHT), round(0.4 * WIDTH), 3)


async def test_a_folder_of_crops_has_a_bound(world: World, tmp_path: Path) -> None:
    kind = Crops(tmp_path)
    await world.add(replace(kind.spec(), options=SinkOptions(folder_bytes=20_000)))
    async with world.running():
        await world.complete("north", range(1, 101))
        await world.caught_up("yard")
    files = sorted(kind.folder.glob("*/[!.]*.jpg"))
    assert 10_000 < sum(file.stat().st_size for file in files) <= 20_000
    # The newest are left.
    assert {int(file.stem.split("-")[2]) for file in files} >= {99, 100}


async def test_a_label_is_no_path(world: World, tmp_path: Path) -> None:
    kind = Crops(tmp_path)
    await world.add(kind.spec())
    strange = replace(outcome("north", 1).detections[0], label="../../etc/x y")
    await world.store(outcome("north", 1, detections=(strange,)))
    async with world.running():
        await world.caught_up("yard")
    assert [each.name for each in kind.folder.iterdir() if each.is_dir()] == ["_etc_x_y"]
