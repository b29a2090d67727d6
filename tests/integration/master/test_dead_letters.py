"""Purging dead letters."""

from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.frame import Frame, FrameId
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter
from tests.integration.master.conftest import Master
from tests.integration.services.running import status_of

FRAMES = [
    FrameId(camera, session, sequence)
    for camera in ("north", "south")
    for session in ("a", "b")
    for sequence in (1, 2)
]


async def bury(broker: Broker) -> None:
    async with publisher(broker) as publish:
        for frame in FRAMES:
            letter = DeadLetter(Frame(frame, 0, b"image", 0), "undecodable", "", 1, "w1", 0)
            await publish.store(dead_letter_message.to_message("street", letter))


async def purge(running: Master, pipeline: str = "street", **selection: Any) -> int:
    request = pipeline_pb2.PurgeDeadLettersRequest(
        pipeline=pipeline,
        **selection,
    )
    return (await running.pipelines.PurgeDeadLetters(request)).purged


async def kept(broker: Broker) -> set[str]:
    answer = await broker.request("$JS.API.STREAM.INFO.DEAD-street", {"subjects_filter": "dead.>"})
    return set(answer["state"].get("subjects", {}))


@pytest.mark.parametrize(
    ("selection", "purged"),
    [
        ({}, 8),
        ({"camera": "north"}, 4),
        ({"session": "a"}, 4),
        ({"sequence": 2}, 4),
        ({"camera": "north", "session": "b"}, 2),
        ({"camera": "south", "session": "b", "sequence": 1}, 1),
        ({"camera": "east"}, 0),
    ],
)
async def test_exactly_what_is_selected_is_deleted(
    running: Master, nats_broker: Broker, selection: dict[str, Any], purged: int
) -> None:
    await running.apply(workers=0)
    await bury(nats_broker)
    assert await purge(running, **selection) == purged
    left = [f for f in FRAMES if any(getattr(f, name) != v for name, v in selection.items())]
    assert await kept(nats_broker) == {f"dead.street.{f}".replace("/", ".") for f in left}
    assert await purge(running, **selection) == 0


async def test_a_frame_that_was_purged_may_die_again(running: Master, nats_broker: Broker) -> None:
    await running.apply(workers=0)
    await bury(nats_broker)
    assert await purge(running) == 8
    await bury(nats_broker)
    assert len(await kept(nats_broker)) == 8


async def test_a_wildcard_is_no_name_and_a_pipeline_must_be_there(running: Master) -> None:
    await running.apply(workers=0)
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    for selection in ({"camera": "*"}, {"session": ">"}, {"camera": "north.a"}):
        assert (await status_of(purge(running, **selection)))[0] is invalid
    assert (await status_of(purge(running, "")))[0] is invalid
    assert (await status_of(purge(running, "yard")))[0] is grpc.StatusCode.NOT_FOUND
