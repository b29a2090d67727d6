"""Frames that the filter of a camera dropped, from the SDK into the ledger."""

from pathlib import Path

import grpc.aio
import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera, CameraOptions, Counts, DiskSpool
from tests.integration.ingest.conftest import frame, jpeg, push, stored
from tests.integration.services.running import ingest, monitor, status_of
from tests.waiting import eventually


def filtered(last: int, frames: int) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(frame=ingest_pb2.Frame(sequence=last, filtered=frames))


async def test_they_are_rejected_in_the_ledger_and_nothing_else_is_stored(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with ingest(nats_url, address), monitor(nats_url) as channel:
        async with AsyncCamera(address, pipeline="street", name="door") as camera:
            for number in range(5):
                await camera.filtered()
                await camera.filtered(98)
                assert await camera.send(jpeg(number)) == 100 * (number + 1)
            await camera.filtered(7)
        assert camera.counts == Counts(507, 5, 502, 0, 0, filtered=502)
        stub = monitor_pb2_grpc.MonitorServiceStub(channel)
        request = monitor_pb2.GetStatusRequest(pipeline="street")

        async def row() -> monitor_pb2.CameraLedger:
            (found,) = (await stub.GetStatus(request)).pipelines
            return found.cameras[0] if found.cameras else monitor_pb2.CameraLedger()

        account = await eventually(row, until=lambda found: found.accepted == 5)
        assert account.rejected == 502
        assert dict(account.reasons) == {"filtered": 502}
    found = await stored(nats_broker, pipeline)
    assert len(found.frames) == 5
    assert not found.outcomes


async def test_a_run_that_is_told_twice_is_counted_once(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    for _ in range(2):
        camera = push(channel)
        await camera.open()
        await camera.send(frame(1, jpeg(1)), filtered(9, 8), frame(10, jpeg(10)))
        await camera.finish()
        assert sorted(camera.accepted) == [1, 10]
        (rejection,) = camera.rejected.values()
        assert rejection.sequence == 9
        assert rejection.reason == ingest_pb2.REJECTION_REASON_FILTERED
    assert (await stored(nats_broker, pipeline)).recorded in ([1, 10], [1, 1, 10, 10])


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (filtered(3, 4), "begin below 1"),
        (filtered(2**64 - 1, 2**64 - 1), "over the limit of 10000000"),
        (filtered(9, 9), "sequence number 1 after 1: count upwards"),
    ],
)
async def test_a_run_that_cannot_be_ends_the_session(
    channel: grpc.aio.Channel, request_: ingest_pb2.PushRequest, says: str
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(frame(1, jpeg(1)))
    await camera.answered(1)
    await camera.send(request_)
    code, line = await status_of(camera.answered(2))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert says in line


async def test_a_filtered_frame_has_no_image(channel: grpc.aio.Channel) -> None:
    camera = push(channel)
    await camera.open()
    request = frame(1, jpeg(1))
    request.frame.filtered = 1
    await camera.send(request)
    code, line = await status_of(camera.answered(1))
    assert (code, line) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "frame 1 is filtered and has an image: send one or the other",
    )


async def test_with_a_spool_on_disk_runs_keep_their_place_among_the_frames(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    camera = AsyncCamera(
        address,
        pipeline="street",
        name="door",
        options=CameraOptions(spool=DiskSpool(tmp_path)),
    )
    # Nobody listens yet: frames go to the disk, and what was filtered between them waits.
    for number in range(1, 6):
        await camera.filtered(5000)
        assert await camera.send(jpeg(number)) == 5001 * number
    await camera.filtered(3)
    async with ingest(nats_url, address):
        await camera.close()
    # No frame has on disk that the last three numbers are used: they may come again.
    assert camera.counts == Counts(25_008, 5, 25_000, 3, 0, filtered=25_000)
    found = await stored(nats_broker, pipeline)
    assert found.recorded == [5001 * number for number in range(1, 6)]
