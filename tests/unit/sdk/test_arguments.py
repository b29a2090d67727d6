"""What a caller gives is checked in the call, and named."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from framemesh.sdk import (
    AsyncCamera,
    BadFrame,
    Camera,
    CameraOptions,
    FramemeshSdkError,
    InvalidArgument,
    MemorySpool,
)
from framemesh.sdk.session.checks import check_addresses, check_captured
from framemesh.sdk.session.headers import check_headers


@pytest.mark.parametrize(
    ("address", "addresses"),
    [
        ("127.0.0.1:7401", ("127.0.0.1:7401",)),
        ("a:1, b:2,a:1", ("a:1", "b:2")),
        (("a:1", "b:2"), ("a:1", "b:2")),
        (["[::1]:7401"], ("[::1]:7401",)),
        ("dns:///ingest.example:7401", ("dns:///ingest.example:7401",)),
        ("unix:/run/ingest.sock", ("unix:/run/ingest.sock",)),
    ],
)
def test_one_or_several_addresses(address: Any, addresses: tuple[str, ...]) -> None:
    assert check_addresses(address) == addresses


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a:",
        ":1",
        "a:0",
        "a:65536",
        "a:1,",
        "a b:1",
        "http//a",
        7401,
        None,
        (),
        b"a:1",
        [1],
    ],
)
def test_an_address_that_cannot_be_is_named(address: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"host:port|addresses of ingest"):
        check_addresses(address)


@pytest.mark.parametrize("face", [Camera, AsyncCamera])
@pytest.mark.parametrize("name", ["", "ö", "a b", "a/b", "x" * 65, 7, None, b"door"])
def test_a_name_that_cannot_be_is_named(face: Any, name: Any) -> None:
    for names in ({"name": name, "pipeline": "street"}, {"name": "door", "pipeline": name}):
        with pytest.raises(InvalidArgument, match="1 to 64 letters"):
            face("127.0.0.1:7401", **names)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"on_full": "drop"}, "one of 'block', 'error', 'drop_oldest', not 'drop'"),
        ({"on_rejected": "print"}, "on_rejected is a function"),
        ({"clock": 5}, "clock is a function"),
        ({"spool": "/tmp"}, "spool is a MemorySpool"),  # noqa: S108
        ({"jpeg_quality": 0}, "jpeg_quality is a whole number, 1 to 100"),
        ({"jpeg_quality": 101}, "1 to 100, not 101"),
        ({"jpeg_quality": 90.0}, "not 90.0"),
        ({"jpeg_quality": True}, "not True"),
        ({"connect_timeout": -1}, "connect_timeout is a number of seconds, 0 or more, not -1"),
        ({"send_timeout": math.nan}, "send_timeout is a number"),
        ({"close_timeout": "5"}, "not '5'"),
        ({"close_timeout": None}, "not None"),
        ({"close_timeout": True}, "not True"),
    ],
)
def test_an_option_that_cannot_be_is_named(options: Any, line: str) -> None:
    with pytest.raises(InvalidArgument, match=line):
        CameraOptions(**options)


@pytest.mark.parametrize("bounds", [{"max_frames": 0}, {"max_bytes": 0}, {"max_frames": 1.5}])
def test_a_spool_without_room_is_none(bounds: Any) -> None:
    with pytest.raises(InvalidArgument, match="1 or more"):
        MemorySpool(**bounds)


@pytest.mark.parametrize("captured", [0, -1, 2**63 - 1, -(2**63), np.int64(5), np.uint32(5)])
def test_capture_times_are_whole_numbers_of_64_bits(captured: Any) -> None:
    checked = check_captured(captured)
    assert type(checked) is int
    assert checked == int(captured)


@pytest.mark.parametrize(
    "captured",
    [1.7e18, np.float64(1.7e18), True, np.True_, "now", 2**63, -(2**63) - 1, np.uint64(2**63), b""],
)
def test_other_capture_times_are_refused_in_the_call(captured: Any) -> None:
    camera = Camera("127.0.0.1:1", pipeline="street", name="door")
    with pytest.raises(BadFrame, match="whole number of nanoseconds since 1970"):
        camera.send(b"image", captured_unix_nano=captured)
    assert camera.counts.offered == 0


@pytest.mark.parametrize("now", [1.7e18, None, 2**63, True])
def test_a_clock_that_gives_no_time_is_named_in_the_call(now: Any) -> None:
    options = CameraOptions(clock=lambda: now)
    with pytest.raises(InvalidArgument, match="the clock of a camera gives a whole number"):
        Camera("127.0.0.1:1", pipeline="street", name="door", options=options)


def test_a_clock_that_gives_no_time_any_more_is_named_in_the_call() -> None:
    readings: Iterator[Any] = iter([7, None])
    options = CameraOptions(clock=lambda: next(readings))
    camera = Camera("127.0.0.1:1", pipeline="street", name="door", options=options)
    with pytest.raises(InvalidArgument, match="the clock of a camera gives a whole number"):
        camera.send(b"image")


@pytest.mark.parametrize("headers", [{5: "a"}, {"a": 5}, {"a": None}, ["a"], "a", 5])
def test_headers_that_are_no_text_are_named(headers: Any) -> None:
    with pytest.raises(BadFrame, match="header"):
        check_headers(headers)


@pytest.mark.parametrize("frame", [None, "frame.jpg", 5, [1, 2]])
def test_what_is_no_frame_is_named(frame: Any) -> None:
    camera = Camera("127.0.0.1:1", pipeline="street", name="door")
    with pytest.raises(BadFrame, match="a frame is the bytes of an image or a numpy array"):
        camera.send(frame)


@pytest.mark.parametrize("timeout", [-1, math.nan, "1", True])
def test_closing_checks_its_timeout(timeout: Any) -> None:
    camera = Camera("127.0.0.1:1", pipeline="street", name="door")
    with pytest.raises(FramemeshSdkError, match="timeout is a number of seconds"):
        camera.close(timeout)
