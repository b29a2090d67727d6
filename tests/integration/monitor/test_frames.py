"""What happened to one frame."""

import grpc
import grpc.aio
import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.ledger.camera_sessions import MAX_COMPLETE_SESSIONS
from framemesh.core.outcome import Fate
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.monitor.conftest import CAPTURED, Writer
from tests.integration.services.running import status_of

PENDING = monitor_pb2.FRAME_STATE_PENDING
COMPLETED = monitor_pb2.FRAME_STATE_COMPLETED
NOT_RETAINED = monitor_pb2.FRAME_STATE_NOT_RETAINED
UNKNOWN = monitor_pb2.FRAME_STATE_UNKNOWN


async def get(
    channel: grpc.aio.Channel, sequence: int, session: str = "", camera: str = "north"
) -> monitor_pb2.GetFrameResponse:
    request = monitor_pb2.GetFrameRequest(
        pipeline="street", camera=camera, sequence=sequence, session=session
    )
    return await monitor_pb2_grpc.MonitorServiceStub(channel).GetFrame(request)


async def states(
    channel: grpc.aio.Channel, sequence: int, session: str = ""
) -> list[tuple[str, int]]:
    found = (await get(channel, sequence, session)).frames
    return [(each.frame.session, each.state) for each in found]


async def test_a_completed_frame_comes_with_its_outcome_and_when_it_was_stored(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.complete("north", [7], Fate.DEAD, "undecodable")
    found = await get(channel, 7)
    (frame,) = found.frames
    assert (frame.state, frame.outcome.fate, frame.outcome.reason) == (
        COMPLETED,
        outcome_pb2.FATE_DEAD,
        "undecodable",
    )
    assert frame.frame == frame.outcome.frame
    assert (frame.outcome.completed_by, frame.outcome.attempts) == ("test", 1)
    assert frame.stored_unix_nano > CAPTURED
    assert found.ledger.dead == 1


async def test_a_frame_is_pending_until_it_has_its_outcome(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    assert await states(channel, 2) == []
    assert await states(channel, 2, "s1") == [("s1", UNKNOWN)]
    await writer.accept("north", (1, 3))
    assert await states(channel, 2) == await states(channel, 2, "s1") == [("s1", PENDING)]
    await writer.complete("north", [2])
    assert await states(channel, 2) == await states(channel, 2, "s1") == [("s1", COMPLETED)]


async def test_without_a_session_all_that_have_the_number_come_newest_first(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    sessions = [f"s{number}" for number in range(40)]
    for session in sessions:
        await writer.complete("north", [1], session=session)
    await writer.accept("north", (1, 1), session="now")
    await writer.accept("south", (1, 1), session="elsewhere")
    found = await states(channel, 1)
    assert found[0] == ("now", PENDING)
    assert found[1:] == [(session, COMPLETED) for session in reversed(sessions)][:31]
    assert await states(channel, 1, "s3") == [("s3", COMPLETED)]


async def test_an_outcome_that_is_no_longer_kept_is_told_from_one_that_never_was(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker
) -> None:
    # More sessions than are known by name.
    sessions = [f"s{number}" for number in range(MAX_COMPLETE_SESSIONS + 3)]
    for session in sessions:
        await writer.complete("north", [1, 2, 3], session=session)
    await writer.accept("north", (1, 4), session="now")
    assert await states(channel, 2) == [
        ("now", PENDING),
        *((session, COMPLETED) for session in reversed(sessions)),
    ]
    await nats_broker.request("$JS.API.STREAM.PURGE.LEDGER-street", {})
    assert await states(channel, 2) == [
        ("now", PENDING),
        *((session, NOT_RETAINED) for session in reversed(sessions[-MAX_COMPLETE_SESSIONS:])),
    ]
    assert await states(channel, 2, sessions[0]) == [(sessions[0], NOT_RETAINED)]
    assert await states(channel, 4, sessions[0]) == [(sessions[0], UNKNOWN)]
    assert (await get(channel, 2)).ledger.done == 3 * len(sessions)


async def test_what_somebody_else_wrote_is_no_outcome(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.garbage()
    assert await states(channel, 0, "s") == [("s", UNKNOWN)]


async def test_more_sessions_than_the_broker_looks_through_must_be_named(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    for number in range(1025):
        await writer.complete("north", [1], session=f"s{number}")
    code, line = await status_of(get(channel, 1))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert line == "too many sessions have a frame 1 of north: name the session"
    assert await states(channel, 1, "s77") == [("s77", COMPLETED)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"pipeline": "yard"}, grpc.StatusCode.NOT_FOUND),
        ({"pipeline": ""}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"camera": "*"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"camera": ""}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"session": ">"}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_a_question_about_nothing_is_told(
    channel: grpc.aio.Channel, fields: dict[str, str], code: grpc.StatusCode
) -> None:
    request = monitor_pb2.GetFrameRequest(
        **{"pipeline": "street", "camera": "north", **fields},
        sequence=1,
    )
    call = monitor_pb2_grpc.MonitorServiceStub(channel).GetFrame(request)
    assert (await status_of(call))[0] is code
