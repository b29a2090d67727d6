"""What a camera decides, without a thread, a loop or a socket."""

import random

import grpc
import pytest

from framemesh.sdk import (
    CameraClosed,
    FrameRejected,
    FramesUnacknowledged,
    IngestUnreachable,
    PipelineUnknown,
)
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.steps import (
    ClockReading,
    OpenSession,
    Request,
    Send,
    Steps,
    Stream,
    Wait,
)

TARGET = Target(("127.0.0.1:7401",), "street", "door")
GONE = grpc.StatusCode.UNAVAILABLE


class World:
    """A driver by hand: it advances the core until that waits for something."""

    def __init__(self, **options: object) -> None:
        self.now = 100.0
        jitter = random.Random(1)  # noqa: S311
        chosen = CameraOptions(clock=lambda: 77, **options)  # type: ignore[arg-type]
        self.core = CameraCore(TARGET, chosen, lambda: self.now, jitter)
        self._streams = self.core.streams()
        self._requests: Steps[Send] = iter(())

    def connect(self, frames: int = 8) -> Stream:
        self.core.start()
        stream = self.next_stream()
        assert isinstance(stream, Stream)
        self.core.opened(Credit(frames, 1 << 20), 1 << 20)
        return stream

    def next_stream(self) -> Stream | Wait | None:
        """None once no further stream is needed."""
        step = next(self._streams, None)
        if isinstance(step, Stream):
            self._requests = self.core.requests(step)
        return step

    def offer(self, image: bytes = b"image") -> int:
        assert self.core.admission(len(image)).is_over()
        return self.core.offer(image, 5)[0].sequence

    def sent(self) -> list[Request]:
        """The requests that are sent until the core waits or half-closes."""
        requests: list[Request] = []
        for step in self._requests:
            if isinstance(step, Send):
                requests.append(step.request)
            elif not step.is_over():
                self.waits_for = step
                return requests
        self.half_closed = True
        return requests


def sequences(requests: list[Request]) -> list[int]:
    return [frame.sequence for one in requests if isinstance(one, list) for frame in one]


def test_it_connects_for_the_first_frame_and_not_again() -> None:
    core = World().core
    assert core.start()
    assert not core.start()


def test_it_does_not_connect_once_it_is_closed() -> None:
    core = World().core
    assert core.begin_close()
    assert not core.begin_close()
    assert not core.start()


def test_a_stream_is_the_session_then_the_clock_then_the_frames() -> None:
    world = World()
    world.core.start()
    world.next_stream()
    assert world.sent() == [OpenSession(TARGET, world.core.session_id)]
    world.core.opened(Credit(2, 100), 100)
    assert world.sent() == [ClockReading(77)]
    for _ in range(2):
        world.offer()
    assert world.waits_for.is_over()
    assert sequences(world.sent()) == [1, 2]
    assert not world.core.admission(5).is_over(), "the credit is used up"
    world.core.acknowledged([1], [])
    assert world.core.admission(5).is_over()


def test_a_closed_camera_half_closes_when_everything_is_sent() -> None:
    world = World()
    world.connect()
    world.offer()
    world.core.begin_close()
    assert sequences(world.sent()) == [1]
    assert world.half_closed
    assert not world.core.last_answer(9).is_over()
    world.core.acknowledged([1], [])
    assert world.core.last_answer(9).is_over()
    world.core.stream_ended(grpc.StatusCode.OK, "")
    world.core.end(9)


def test_a_broken_stream_sends_nothing_more_and_the_next_one_sends_it_again() -> None:
    world = World()
    world.connect()
    world.offer()
    assert sequences(world.sent()) == [1]
    old = world._requests
    world.core.stream_ended(GONE, "socket closed")
    world.offer()
    assert next(old, None) is None
    pause = world.next_stream()
    assert isinstance(pause, Wait)
    assert 0.05 <= pause.seconds <= 0.1
    assert not pause.is_over()
    world.connect()
    assert sequences(world.sent()) == [1, 2]


def test_the_pause_ends_when_nothing_is_left_to_do() -> None:
    world = World()
    world.connect()
    world.core.stream_ended(GONE, "")
    pause = world.next_stream()
    assert isinstance(pause, Wait)
    world.core.begin_close()
    assert pause.is_over()
    assert world.next_stream() is None


def test_the_first_connection_has_a_deadline() -> None:
    world = World(connect_timeout=3.0)
    world.core.start()
    stream = world.next_stream()
    assert stream == Stream("127.0.0.1:7401", 3.0)
    waiting = world.core.admission(5)
    assert not waiting.is_over()
    world.now += 3
    world.core.stream_ended(GONE, "connection refused")
    assert waiting.is_over()
    with pytest.raises(IngestUnreachable, match="connection refused"):
        world.core.offer(b"image", 5)
    assert isinstance(world.next_stream(), Wait)
    assert world.next_stream() is None


def test_a_refusal_ends_every_wait_and_is_raised_by_send_and_close() -> None:
    world = World()
    world.connect(frames=1)
    world.offer()
    waits = [world.core.admission(5), world.core.last_answer(9)]
    assert not any(wait.is_over() for wait in waits)
    world.core.stream_ended(grpc.StatusCode.NOT_FOUND, "no pipeline 'street'")
    assert all(wait.is_over() for wait in waits)
    with pytest.raises(PipelineUnknown):
        world.core.offer(b"image", 5)
    with pytest.raises(PipelineUnknown):
        world.core.end(9)


def test_a_driver_that_fails_ends_the_camera() -> None:
    world = World()
    world.connect()
    world.core.failed(ZeroDivisionError("in the driver"))
    with pytest.raises(ZeroDivisionError):
        world.core.offer(b"image", 5)
    assert isinstance(world.next_stream(), Wait)
    assert world.next_stream() is None


def test_stopping_ends_the_stream_whatever_is_left() -> None:
    world = World()
    world.connect()
    world.offer()
    world.core.stop()
    assert sequences(world.sent()) == []
    assert world.half_closed
    with pytest.raises(FramesUnacknowledged) as caught:
        world.core.end(9)
    assert caught.value.count == 1


def test_a_closed_camera_takes_no_frame_and_reports_the_last_rejections() -> None:
    heard: list[FrameRejected] = []
    world = World(on_rejected=heard.append)
    world.connect()
    world.offer()
    world.sent()
    rejected = FrameRejected(1, "empty", "no bytes")
    world.core.acknowledged([], [rejected])
    world.core.begin_close()
    with pytest.raises(CameraClosed):
        world.core.offer(b"image", 5)
    world.core.end(9)
    assert heard == [rejected]
