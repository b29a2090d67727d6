"""The contract under load: every frame that is offered is done, once."""

import asyncio
from collections import Counter

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import outcome_message
from tests.e2e.mesh import Mesh
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAMERAS = 4
STREET = PipelineSpec("load", (StageSpec("people", "person"),))


async def test_four_cameras_as_fast_as_they_go(mesh: Mesh, jpegs: list[bytes]) -> None:
    await mesh.apply(STREET)
    async with asyncio.TaskGroup() as tasks:
        for number in range(CAMERAS):
            tasks.create_task(mesh.push("load", f"camera-{number}", jpegs))
    outcomes = await mesh.outcomes("load", CAMERAS * len(jpegs))

    status = await mesh.status("load")
    for ledger in status.cameras:
        counts = (ledger.offered, ledger.accepted, ledger.done, ledger.pending)
        assert counts == (len(jpegs), len(jpegs), len(jpegs), 0)
    assert (len(status.cameras), status.backlog, status.duplicate_outcomes) == (CAMERAS, 0, 0)
    # Every hop carried the same bytes.
    size = CAMERAS * sum(map(len, jpegs))
    assert status.traffic.cameras.bytes == status.traffic.workers.bytes == size
    assert status.traffic.models.frames == status.traffic.outcomes.frames == CAMERAS * len(jpegs)
    ids = Counter((o.frame.camera, o.frame.session, o.frame.sequence) for o in outcomes)
    assert len(ids) == CAMERAS * len(jpegs)
    await assert_the_raw_stream_holds_one_outcome_for_each_frame_id(mesh, CAMERAS * len(jpegs))


async def assert_the_raw_stream_holds_one_outcome_for_each_frame_id(
    mesh: Mesh, frames: int
) -> None:
    """Counted in the stream itself, not reported by the monitor."""
    seen: Counter[str] = Counter()

    async def count(entry: ReceivedMessage) -> None:
        if entry.subject.startswith("outcomes."):
            seen[str(outcome_message.from_payload(entry.payload).frame)] += 1

    async with broker(mesh.run.nats, "test") as nats:
        tail = OrderedReader(nats, "LEDGER-load", SystemClock())
        reading = asyncio.ensure_future(tail.read(count))
        await eventually(lambda: sum(seen.values()) >= frames, 20)
        answer = await nats.request("$JS.API.STREAM.INFO.FRAMES-load-1-0", {})
        reading.cancel()
    assert set(seen.values()) == {1}
    assert len(seen) == frames
    assert answer["state"]["messages"] == 0
