"""When a camera tries again, and when it gives up."""

import logging
import math
import random

import grpc
import pytest

from framemesh.sdk.errors import CameraRefused, IngestUnreachable, PipelineUnknown
from framemesh.sdk.session.options import Target
from framemesh.sdk.session.reconnection import (
    LONGEST_PAUSE_SECONDS,
    OPENING_SECONDS,
    ReconnectPolicy,
)

TARGET = Target(("127.0.0.1:7401",), "street", "door")
GONE = grpc.StatusCode.UNAVAILABLE


def reconnection(connect_timeout: float = 10.0) -> ReconnectPolicy:
    jitter = random.Random(1)  # noqa: S311
    policy = ReconnectPolicy(TARGET, connect_timeout, jitter)
    policy.start(now=100.0)
    return policy


def connected() -> ReconnectPolicy:
    policy = reconnection()
    policy.opened()
    return policy


def test_pauses_double_up_to_the_longest() -> None:
    policy = connected()
    pauses = [policy.pause(GONE, "", 100.0) for _ in range(8)]
    for pause, full in zip(pauses, [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0], strict=True):
        assert full / 2 <= pause <= full
    assert max(pauses) <= LONGEST_PAUSE_SECONDS


def test_a_stream_that_answered_makes_the_next_pause_short_again() -> None:
    policy = connected()
    for _ in range(5):
        policy.pause(GONE, "", 100.0)
    policy.progressed()
    assert policy.pause(GONE, "", 100.0) <= 0.1


def test_the_first_connection_is_given_up_at_its_deadline() -> None:
    policy = reconnection(connect_timeout=3)
    assert policy.pause(GONE, "connection refused", 102.99) <= 0.011
    with pytest.raises(IngestUnreachable, match=r"7401 within 3 s \(connection refused\)"):
        policy.pause(grpc.StatusCode.CANCELLED, "cancelled by us", 103.0)


def test_a_later_connection_is_tried_for_ever() -> None:
    assert connected().pause(GONE, "", 100_000.0) > 0


def test_an_attempt_may_take_what_is_left_of_the_first_connection() -> None:
    assert reconnection(connect_timeout=3).opening_seconds(101.0) == 2.0
    assert reconnection(connect_timeout=3).opening_seconds(104.0) == 0.0
    assert connected().opening_seconds(100_000.0) == OPENING_SECONDS


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.NOT_FOUND, PipelineUnknown),
        (grpc.StatusCode.INVALID_ARGUMENT, CameraRefused),
        (grpc.StatusCode.UNIMPLEMENTED, CameraRefused),
    ],
)
def test_what_would_end_the_same_way_again_is_not_tried(
    code: grpc.StatusCode, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"ingest at 127\.0\.0\.1:7401.*: what is wrong"):
        connected().pause(code, "what is wrong", 100.0)


def test_one_that_is_tried_for_ever_from_the_start_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    policy = reconnection(connect_timeout=math.inf)
    with caplog.at_level(logging.WARNING, logger="framemesh.sdk"):
        assert policy.pause(GONE, "connection refused", 101.0) > 0
        policy.pause(GONE, "connection refused", 102.0)
        policy.opened()
    assert [record.getMessage() for record in caplog.records] == [
        "camera door: no connection to ingest at 127.0.0.1:7401 (connection refused); trying again",
        "camera door: connected",
    ]


def test_an_address_that_does_not_answer_leaves_time_for_the_others() -> None:
    for addresses, seconds in ((1, 10.0), (2, 5.0), (5, 2.0), (50, 1.0)):
        target = Target(tuple(f"a:{n}" for n in range(1, addresses + 1)), "street", "door")
        policy = ReconnectPolicy(target, 10.0, random.Random(1))  # noqa: S311
        policy.start(now=100.0)
        assert policy.opening_seconds(100.0) == seconds
        policy.opened()
        assert policy.opening_seconds(100.0) == seconds


def test_addresses_are_tried_in_turn_and_pauses_grow_with_each_round() -> None:
    target = Target(("a:1", "b:2", "c:3"), "street", "door")
    policy = ReconnectPolicy(target, 10.0, random.Random(1))  # noqa: S311
    policy.start(now=100.0)
    policy.opened()
    tried, pauses = [], []
    for _ in range(6):
        tried.append(policy.address)
        pauses.append(policy.pause(GONE, "", 100.0))
    assert tried == ["a:1", "b:2", "c:3"] * 2
    assert max(pauses[:3]) <= 0.1 < 2 * min(pauses[3:])
    assert len(set(pauses)) == 6, "jittered"


def test_a_break_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    policy = connected()
    with caplog.at_level(logging.WARNING, logger="framemesh.sdk"):
        policy.pause(GONE, "socket closed", 100.0)
        policy.pause(GONE, "connection refused", 101.0)
        policy.opened()
    assert [record.getMessage() for record in caplog.records] == [
        "camera door: the stream to ingest at 127.0.0.1:7401 broke (socket closed); trying again",
        "camera door: connected again",
    ]
