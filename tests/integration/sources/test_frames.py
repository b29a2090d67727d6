"""Frames in a plain loop, as the README has it."""

import asyncio
import time
from pathlib import Path

import pytest

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.frames import frames
from framemesh.sources.locations import locate
from framemesh.sources.supervision.process import SourceProcess
from tests.integration.sources.reading import age
from tests.unit.sources.conftest import grey_video


def test_a_slow_loop_over_a_live_source_never_falls_behind() -> None:
    ages = []
    for frame in frames("pattern:320x240@50"):
        ages.append(age(frame))
        if len(ages) == 8:
            break
        time.sleep(0.2)
    assert max(one.true_seconds for one in ages) < 1.0
    assert all(abs(one.true_seconds - one.told_seconds) < 0.1 for one in ages)
    assert frame.number > 60


def test_a_loop_over_a_file_has_each_frame(tmp_path: Path) -> None:
    video = grey_video(tmp_path / "v.avi", (0, 100, 200))
    assert [frame.number for frame in frames(str(video))] == [1, 2, 3]


def test_what_cannot_be_read_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video")
    with pytest.raises(SourceUnreadable, match="no video that FFmpeg reads"):
        list(frames(str(tmp_path / "v.mp4")))


async def test_a_source_that_is_left_while_its_process_is_ended_leaves_none() -> None:
    """What is left unfinished is a warning of the interpreter, and so an error here."""
    process = await SourceProcess.start(locate("pattern"))
    ending = asyncio.create_task(process.kill())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
    assert ending.cancelled()
    assert process.has_ended
