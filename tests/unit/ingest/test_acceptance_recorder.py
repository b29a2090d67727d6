"""What sessions accept at the same moment is one message of the ledger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.ingest.acknowledging.acceptance_recorder import MAX_ENTRIES, AcceptanceRecorder
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.dataplane.errors import PublishRefused, StreamMissing
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.pipeline_store import PipelineUnknown
from framemesh.runtime.messages import acceptance_message
from framemesh.runtime.messages.acceptance_message import Acceptance


@dataclass
class Ledgers:
    """A sink that keeps what it is given."""

    fault: FramemeshError | None = None
    gone: set[str] = field(default_factory=set)
    written: list[list[str]] = field(default_factory=list)
    """The cameras of each message."""
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def store(self, message: OutboundMessage) -> int | None:
        await self.held.wait()
        if self.fault:
            raise self.fault
        entries = acceptance_message.from_payload(message.subject, message.payload)
        self.written.append([each.camera for each in entries])
        return None

    async def check(self, pipeline: str) -> None:
        if pipeline in self.gone:
            raise PipelineUnknown(pipeline)


@pytest.fixture
def ledgers() -> Ledgers:
    found = Ledgers()
    found.held.set()
    return found


@pytest.fixture
async def recorder(ledgers: Ledgers) -> AsyncIterator[AcceptanceRecorder]:
    made = AcceptanceRecorder(ledgers, ledgers.check)
    async with background_task(made.run()):
        yield made


def of(camera: int) -> Acceptance:
    return Acceptance(f"camera-{camera}", "s1", ((1, 1),), 10)


async def test_those_of_one_moment_are_one_message(
    recorder: AcceptanceRecorder, ledgers: Ledgers
) -> None:
    await asyncio.gather(*(recorder.record("street", of(n)) for n in range(5)))
    await recorder.record("street", of(9))
    assert ledgers.written == [[f"camera-{n}" for n in range(5)], ["camera-9"]]


async def test_a_message_is_bounded(recorder: AcceptanceRecorder, ledgers: Ledgers) -> None:
    await asyncio.gather(*(recorder.record("street", of(n)) for n in range(2 * MAX_ENTRIES + 1)))
    assert sorted(map(len, ledgers.written)) == [1, MAX_ENTRIES, MAX_ENTRIES]


async def test_each_pipeline_has_its_own(recorder: AcceptanceRecorder, ledgers: Ledgers) -> None:
    await asyncio.gather(*(recorder.record(f"p{n % 2}", of(n)) for n in range(4)))
    assert sorted(ledgers.written) == [["camera-0", "camera-2"], ["camera-1", "camera-3"]]


async def test_a_session_that_is_cancelled_holds_up_no_other(
    recorder: AcceptanceRecorder, ledgers: Ledgers
) -> None:
    ledgers.held.clear()
    first, second = (asyncio.create_task(recorder.record("street", of(n))) for n in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    ledgers.held.set()
    await second
    assert ledgers.written == [["camera-0", "camera-1"]]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_ledger_that_is_gone_with_its_pipeline_is_told_to_each(
    recorder: AcceptanceRecorder, ledgers: Ledgers
) -> None:
    ledgers.fault, ledgers.gone = StreamMissing("no stream"), {"street"}
    recording = (recorder.record("street", of(n)) for n in range(3))
    found = await asyncio.gather(*recording, return_exceptions=True)
    assert {type(each) for each in found} == {PipelineUnknown}
    ledgers.fault = None
    await recorder.record("yard", of(1))


async def test_what_the_broker_refuses_ends_those_sessions_alone(
    recorder: AcceptanceRecorder, ledgers: Ledgers
) -> None:
    ledgers.fault = PublishRefused("no")
    with pytest.raises(PublishRefused):
        await recorder.record("street", of(1))
    ledgers.fault = None
    await recorder.record("street", of(2))
    assert ledgers.written == [["camera-2"]]
