"""Twenty-four cameras at once, three of them bad: the others lose nothing, and stay fresh."""

import asyncio
import shutil
import signal
import subprocess
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from framemesh.sources.locations import locate
from framemesh.sources.messages import SourceFrame
from framemesh.sources.spec import SourceSpec
from framemesh.sources.supervision.source import WatchOptions
from tests.integration.sources.reading import QUICK, Source, reading
from tests.rtsp_server import killed, rtsp_server
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.loop_limit(20), pytest.mark.timeout(300)]

CAMERAS = 21
FPS = 5
SECONDS = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A minute of small video, encoded once: it is copied by whoever sends it."""
    if (ffmpeg := shutil.which("ffmpeg")) is None:
        pytest.skip("ffmpeg is not installed")
    path = tmp_path / "clip.mp4"
    subprocess.run(
        (ffmpeg, "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=160x128:rate={FPS}", "-t", "60",
         "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0",
         "-g", str(FPS), str(path)),
        check=True,
    )  # fmt: skip
    return path


@asynccontextmanager
async def sent(clip: Path, url: str) -> AsyncIterator[Process]:
    """A real ffmpeg that publishes a clip in its own time."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "quiet", "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy",
        "-f", "rtsp", "-rtsp_transport", "tcp", url, stdin=DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        await killed(process)


@dataclass(frozen=True, slots=True)
class Taken:
    """One frame."""

    number: int
    age_seconds: float
    """Since its packet arrived, or by the stream's clock before."""


async def taken(source: Source, seconds: float) -> list[Taken]:
    """The frames of so many seconds."""
    found: list[Taken] = []
    try:
        async with asyncio.timeout(seconds):
            async for item in source.watched:
                assert isinstance(item, SourceFrame)
                age = (time.time_ns() - item.captured_unix_nano) / 1e9
                found.append(Taken(item.number, age))
    except TimeoutError:
        pass
    return found


async def test_three_bad_cameras_of_twenty_four_cost_the_others_nothing(clip: Path) -> None:
    trying: WatchOptions = replace(QUICK, retry_first=True)
    async with rtsp_server() as server, rtsp_server() as stalling, AsyncExitStack() as stack:
        for n in range(CAMERAS):
            await stack.enter_async_context(sent(clip, server.url(f"c{n}")))
        await stack.enter_async_context(sent(clip, stalling.url("stalls")))

        async def opened(spec: SourceSpec) -> Source:
            spec = replace(spec, stall_seconds=2.0, open_seconds=30.0)
            return await stack.enter_async_context(reading(spec, trying))

        good = [await opened(locate(server.url(f"c{n}"))) for n in range(CAMERAS)]
        stalls = await opened(locate(stalling.url("stalls")))
        refused = await opened(locate("rtsp://127.0.0.1:9/none"))
        missing = await opened(locate(server.url("none")))
        async with asyncio.timeout(120):
            for source in (*good, stalls):
                await source.watched.opened()
        stalling.send(signal.SIGSTOP)
        found = await asyncio.gather(*(taken(source, SECONDS) for source in good))
        await eventually(lambda: stalls.reasons and refused.reasons and missing.reasons)
        stalling.send(signal.SIGCONT)
    ages = sorted(one.age_seconds for frames in found for one in frames)
    assert ages[len(ages) * 99 // 100] < 1.0
    for source, frames in zip(good, found, strict=True):
        numbers = [one.number for one in frames]
        assert source.reasons == []
        assert len(numbers) >= FPS * SECONDS * 0.7
        # Each frame of the camera was given, or is known to be skipped.
        assert numbers == sorted(set(numbers))
    assert "404" in missing.reasons[0]
    assert "refuses the connection" in refused.reasons[0]
