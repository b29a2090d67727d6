"""Frames that died, listed and shown."""

import zlib

import grpc
import grpc.aio
import pytest

from framemesh.api.monitor.v1 import dead_letter_pb2, dead_letter_pb2_grpc
from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import MIB
from tests.integration.monitor.conftest import CAPTURED, Writer, status
from tests.integration.services.running import monitor, status_of


def stub(channel: grpc.aio.Channel) -> "dead_letter_pb2_grpc.DeadLetterServiceAsyncStub":
    return dead_letter_pb2_grpc.DeadLetterServiceStub(channel)


async def page(
    channel: grpc.aio.Channel, token: str = "", size: int = 0, **selection: object
) -> dead_letter_pb2.ListDeadLettersResponse:
    request = dead_letter_pb2.ListDeadLettersRequest(
        pipeline="street",
        page_size=size,
        page_token=token,
        **selection,  # type: ignore[arg-type]
    )
    return await stub(channel).ListDeadLetters(request)


async def listed(
    channel: grpc.aio.Channel, size: int = 0, **selection: object
) -> list[tuple[str, str, int]]:
    """Camera, session and number of all, over as many pages as it takes."""
    found: list[tuple[str, str, int]] = []
    token = ""
    while True:
        answer = await page(channel, token, size, **selection)
        assert len(answer.dead_letters) <= (size or 50)
        frames = [letter.frame for letter in answer.dead_letters]
        found += [(frame.camera, frame.session, frame.sequence) for frame in frames]
        if not (token := answer.next_page_token):
            return found


async def get(
    channel: grpc.aio.Channel, camera: str, sequence: int, session: str = ""
) -> dead_letter_pb2.GetDeadLetterResponse:
    request = dead_letter_pb2.GetDeadLetterRequest(
        pipeline="street", camera=camera, sequence=sequence, session=session
    )
    return await stub(channel).GetDeadLetter(request)


async def test_a_dead_letter_has_the_facts_and_the_image(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 7)
    found = await get(channel, "north", 7)
    letter = found.dead_letter
    assert found.image == b"image of north/s1/7"
    assert (letter.reason, letter.detail) == ("undecodable", "bad marker:\n0xff 100% \u00e4")
    assert (letter.attempts, letter.worker) == (3, "w1")
    assert (letter.captured_unix_nano, letter.died_unix_nano) == (CAPTURED, CAPTURED + 7)
    assert letter.crc32 == zlib.crc32(found.image)
    assert (await page(channel)).dead_letters == [letter]
    assert letter.image_bytes == len(found.image)


async def test_they_are_listed_newest_first_and_as_selected(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 1, 2)
    await writer.store_dead_letters("south", 1)
    await writer.store_dead_letters("north", 1, session="s2")
    assert await listed(channel) == [
        ("north", "s2", 1),
        ("south", "s1", 1),
        ("north", "s1", 2),
        ("north", "s1", 1),
    ]
    assert await listed(channel, camera="south") == [("south", "s1", 1)]
    assert await listed(channel, camera="north", sequence=1) == [
        ("north", "s2", 1),
        ("north", "s1", 1),
    ]
    assert await listed(channel, session="s2") == [("north", "s2", 1)]
    assert await listed(channel, camera="east") == []
    assert (await status(channel)).dead_letters == 4


@pytest.mark.parametrize("size", [1, 3, 7, 50])
async def test_pages_hold_each_once_however_many_are_between_those_that_are_looked_for(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, size: int
) -> None:
    await writer.store_dead_letters("rare", 1, 2, 3)
    await writer.store_dead_letters("north", *range(1, 121))
    await writer.store_dead_letters("rare", 4)
    await writer.store_dead_letters("north", *range(121, 141))
    for number in range(50, 100):
        subject = f"dead.street.north.s1.{number}"
        await nats_broker.request("$JS.API.STREAM.PURGE.DEAD-street", {"filter": subject})
    north = [n for n in range(140, 0, -1) if n not in range(50, 100)]
    assert await listed(channel, size, camera="north") == [("north", "s1", n) for n in north]
    assert await listed(channel, size, camera="rare") == [("rare", "s1", n) for n in (4, 3, 2, 1)]
    assert len(await listed(channel, size)) == 94


async def test_what_is_listed_while_more_die_is_what_was_there(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.store_dead_letters("north", *range(1, 11))
    first = await page(channel, size=5)
    await writer.store_dead_letters("north", *range(11, 21))
    second = await page(channel, first.next_page_token, size=5)
    numbers = [each.frame.sequence for answer in (first, second) for each in answer.dead_letters]
    assert numbers == list(range(10, 0, -1))


async def test_without_a_session_the_newest_of_the_number_is_shown(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    for session in ("s1", "s2"):
        await writer.store_dead_letters("north", 1, session=session)
    assert (await get(channel, "north", 1)).dead_letter.frame.session == "s2"
    assert (await get(channel, "north", 1, "s1")).dead_letter.frame.session == "s1"


async def test_the_largest_image_is_shown(
    nats_url: str, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    image = bytes(nats_broker.max_frame_bytes)
    frame = Frame(FrameId("n" * 64, "s" * 64, 10**12), CAPTURED, image, zlib.crc32(image))
    letter = DeadLetter(frame, "r" * 40, "\u00e4\n" * 2000, 20, "w" * 64, CAPTURED)
    address = f"127.0.0.1:{free_block(1)}"
    async with (
        monitor(nats_url, address),
        channel_to(address, max_message_bytes=16 * MIB) as channel,
        publisher(nats_broker) as publish,
    ):
        await publish.store(dead_letter_message.to_message("street", letter))
        assert (await page(channel)).dead_letters[0].image_bytes == len(image)
        assert (await get(channel, "n" * 64, 10**12)).image == image


async def test_what_somebody_else_wrote_is_passed_over(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 1)
    await writer._store(OutboundMessage("dead.street.north.s1.2", b"x", "garbage"))
    assert await listed(channel) == [("north", "s1", 1)]
    assert (await status_of(get(channel, "north", 2)))[0] is grpc.StatusCode.NOT_FOUND


async def test_a_question_about_nothing_is_told(channel: grpc.aio.Channel) -> None:
    not_found = grpc.StatusCode.NOT_FOUND
    assert await listed(channel) == []
    assert await status_of(get(channel, "north", 1)) == (
        not_found,
        "no such dead letter is kept: `framemesh dead list` shows those that are",
    )
    code, line = await status_of(page(channel, "newest"))
    assert (code, line) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "page_token: 'newest' is from no answer: send next_page_token",
    )
    assert (await status_of(page(channel, camera=">")))[0] is grpc.StatusCode.INVALID_ARGUMENT
    other = dead_letter_pb2.ListDeadLettersRequest(pipeline="yard")
    assert (await status_of(stub(channel).ListDeadLetters(other)))[0] is not_found
