"""RTSP cameras on a real server: how fresh frames are, and what happens when a camera fails."""

import os
import signal
from dataclasses import replace
from statistics import median

import pytest

from framemesh.sources.errors import SourceFailed, SourceTimedOut
from framemesh.sources.locations import locate
from framemesh.sources.spec import SourceSpec, Transport
from framemesh.sources.supervision.source import WatchOptions
from framemesh.sources.supervision.state import Phase
from tests.integration.sources.reading import QUICK, Source, reading
from tests.lost_packets import lost_packets
from tests.rtsp_server import RtspServer, rtsp_camera, rtsp_server
from tests.waiting import eventually

pytestmark = [pytest.mark.loop_limit(5), pytest.mark.timeout(120)]


def spec(server: RtspServer, path: str = "s", stall_seconds: float = 10.0) -> SourceSpec:
    return replace(locate(server.url(path)), stall_seconds=stall_seconds)


@pytest.mark.parametrize(
    ("codec", "transport"),
    [
        ("libx264", Transport.TCP),
        ("libx264", Transport.UDP),
        ("libx265", Transport.TCP),
    ],
)
async def test_a_camera_that_is_read_slowly_gives_its_newest_frame_with_its_true_age(
    codec: str, transport: Transport
) -> None:
    async with (
        rtsp_server() as server,
        rtsp_camera(server.url("s"), codec=codec),
        reading(replace(spec(server), transport=transport)) as source,
    ):
        ages = await source.ages(30, fps=5)
        opened = await source.watched.opened()
        state = source.watched.state
    assert opened.live
    assert "320x240" in opened.description
    # The first ones may be of a group of pictures that began before. Of the last ones most: where
    # the machine has too much to do, a camera itself is late now and then.
    assert median(one.true_seconds for one in ages[15:]) < 1.0
    assert median(abs(one.true_seconds - one.told_seconds) for one in ages[15:]) < 0.5
    assert state.alive is not None
    assert state.alive.skipped > 60
    assert state.restarts == 0


async def test_lost_packets_cost_pictures_and_nothing_else() -> None:
    async with (
        rtsp_server() as server,
        rtsp_camera(server.url("s")),
        reading(replace(spec(server), transport=Transport.UDP)) as source,
    ):
        with lost_packets(server.udp, 0.05):
            damaged = await source.readable_ages(125)
        # A picture that others build on may be among the lost ones, until the next key frame.
        await source.frames(50)
        whole = await source.ages(25)
        state = source.watched.state
    assert (source.reasons, state.restarts) == ([], 0)
    shown = [one.true_seconds for one in damaged if one is not None]
    assert 20 < len(shown) < len(damaged)
    assert median(shown) < 1.0
    assert median(one.true_seconds for one in whole) < 1.0


async def test_a_camera_is_opened_once() -> None:
    async with (
        rtsp_server("-one-reader") as server,
        rtsp_camera(server.url("s")),
        reading(spec(server)) as source,
    ):
        assert len(await source.frames(10)) == 10
        assert source.reasons == []


async def test_what_is_wrong_is_said_in_words_and_without_the_password() -> None:
    async with (
        rtsp_server(RTSP_USER="admin", RTSP_PASSWORD="right") as server,  # noqa: S106
        rtsp_server() as empty,
        rtsp_camera(server.url("s")),
    ):
        name = server.address
        for url, words in (
            (f"rtsp://admin:S3cret@{name}/s", "wants another user or password (401)"),
            (empty.url("none"), "has no such stream (404)"),
            ("rtsp://admin:S3cret@127.0.0.1:9/s", "refuses the connection"),
        ):
            async with reading(locate(url)) as source:
                with pytest.raises(SourceFailed) as failed:
                    await source.watched.opened()
            assert words in str(failed.value)
            assert "S3cret" not in str(failed.value)
        async with reading(locate(f"rtsp://admin:right@{name}/s")) as source:
            assert await source.frames(3)
            pid = source.watched.state.pid
            with open(f"/proc/{pid}/cmdline", "rb") as line:  # noqa: ASYNC230, PTH123
                assert b"right" not in line.read()


async def test_a_camera_that_reboots_is_opened_again() -> None:
    async with rtsp_server() as server:
        async with rtsp_camera(server.url("s")), reading(spec(server)) as source:
            await source.frames(5)
            await server.kill()
            await eventually(lambda: source.watched.state.phase is Phase.WAITING)
            await server.start()
            async with rtsp_camera(server.url("s")):
                ages = await source.ages(20)
        assert "closed the connection" in source.reasons[0]
        assert median(one.true_seconds for one in ages[10:]) < 1.0


async def test_a_camera_that_stalls_without_closing_is_opened_again() -> None:
    async with (
        rtsp_server() as server,
        rtsp_camera(server.url("s")),
        reading(spec(server, stall_seconds=1.0)) as source,
    ):
        await source.frames(5)
        server.send(signal.SIGSTOP)
        await eventually(lambda: source.reasons)
        server.send(signal.SIGCONT)
        await source.frames(20)
        assert "sent n" in source.reasons[0]
        assert "for 1 s" in source.reasons[0]


async def test_a_camera_that_never_answers_is_a_time_out() -> None:
    async with rtsp_server() as server:
        server.send(signal.SIGSTOP)
        quick = replace(spec(server), open_seconds=0.5)
        async with reading(quick) as source:
            with pytest.raises(SourceTimedOut, match=r"did not answer within 0\.5 s"):
                await source.watched.opened()
        server.send(signal.SIGCONT)


async def test_a_camera_that_changes_its_size_is_opened_again_with_the_reason() -> None:
    async with rtsp_server() as server, reading(spec(server), retrying()) as source:
        async with rtsp_camera(server.url("s"), size="320x240"):
            await source.frames(5)
        async with rtsp_camera(server.url("s"), size="160x128"):
            frames = await source.frames(5)
            await eventually(lambda: "160x128" in description(source))
        assert frames
        assert source.reasons


def retrying() -> WatchOptions:
    return replace(QUICK, retry_first=True)


def description(source: Source) -> str:
    opened = source.watched.state.opened
    return "" if opened is None else opened.description


async def test_a_process_that_dies_or_grows_is_started_again_with_the_reason() -> None:
    async with rtsp_server() as server, rtsp_camera(server.url("s")):
        async with reading(spec(server)) as source:
            await source.frames(3)
            pid = source.watched.state.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await source.frames(10)
            assert "its process ended with SIGKILL" in source.reasons[0]
        async with reading(spec(server), replace(retrying(), max_memory_bytes=1 << 20)) as source:
            await eventually(lambda: len(source.reasons) > 1)
            assert "its process grew to" in source.reasons[0]
