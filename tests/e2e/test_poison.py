"""A frame that crashes the process that handles it becomes a dead letter, and affects no other
frame.

No image crashes a healthy build, so the test does: whenever the ledger records that the frame is
about to be retried, the process that would handle it is killed.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.subjects import (
    dead_stream,
    isolated_attempts_subject,
    ledger_stream,
)
from tests.e2e.mesh import ROOT, Mesh
from tests.e2e.test_kills import START_TIMEOUT_SECONDS, pid_of, started
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

MODEL_SECONDS = 0.5
"""Duration of a request: long enough to be killed in the middle of it on a busy machine."""

IN_FLIGHT_SECONDS = 0.2
"""Delay after which a retried frame is at the model."""

FRAMES = 32
"""More than two seconds of work: the first kill must hit frames in flight."""

ATTEMPTS = 2
DONE = outcome_pb2.FATE_DONE


def slow_model(data: Path) -> Path:
    folder = data / "model"
    shutil.copytree(ROOT / "examples/simulated", folder)
    manifest = folder / "model.yaml"
    usual, slow = "base_ms: 20", f"base_ms: {MODEL_SECONDS * 1000:.0f}"
    manifest.write_text(manifest.read_text().replace(usual, slow))
    return folder


class Poison:
    """Kills the victim during each isolated retry of the first frame that has one."""

    def __init__(self, mesh: Mesh, victim: str) -> None:
        self._mesh = mesh
        self._victim = victim
        self.sequence = 0

    async def try_(self, trial: ReceivedMessage) -> None:
        *_, sequence, number = trial.subject.split(".")
        self.sequence = self.sequence or int(sequence)
        if int(sequence) == self.sequence and int(number) <= ATTEMPTS:
            await asyncio.sleep(IN_FLIGHT_SECONDS)
            await self.kill()

    async def kill(self) -> None:
        os.kill(await started(self._mesh, self._victim), signal.SIGKILL)


@pytest_asyncio.fixture(loop_scope="session")
async def fragile(fragile_mesh: Mesh) -> AsyncIterator[Mesh]:
    """A mesh whose processes may be killed."""
    yield fragile_mesh
    await fragile_mesh.delete_all()
    async with asyncio.timeout(START_TIMEOUT_SECONDS):
        # The next test would mistake it for its own Triton and kill the wrong one.
        while await asyncio.to_thread(pid_of, fragile_mesh, "tritonserver") is not None:
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fragile_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    data = tmp_path_factory.mktemp("poison")
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(slow_model(data))
        yield running


@pytest.mark.parametrize(
    ("victim", "reason"),
    [("framemesh.worker", "worker_crashed"), ("tritonserver", "model_crashed")],
)
async def test_poison_ends_as_a_dead_letter_and_its_neighbours_are_done(
    fragile: Mesh, jpegs: list[bytes], victim: str, reason: str
) -> None:
    name = reason
    delivery = DeliverySpec(max_attempts=ATTEMPTS)
    await fragile.apply(PipelineSpec(name, (StageSpec("only", "simulated"),), delivery=delivery))
    poison = Poison(fragile, victim)
    async with broker(fragile.run.nats, "test") as nats:
        attempts = OrderedReader(
            nats, ledger_stream(name), SystemClock(), [isolated_attempts_subject(name)]
        )
        killing = asyncio.ensure_future(attempts.read(poison.try_))
        await fragile.push(name, "door", jpegs[:FRAMES])
        # Triton is up and frames are at it: killed while it starts, it takes no frame along.
        await fragile.outcomes(name, 1)
        await poison.kill()
        outcomes = await fragile.outcomes(name, FRAMES)
        killing.cancel()
        (letter,) = await letters(nats, name)

    left = {o.frame.sequence: (o.fate, o.reason) for o in outcomes if o.fate != DONE}
    assert left == {poison.sequence: (outcome_pb2.FATE_DEAD, reason)}
    assert (letter.frame.id.sequence, letter.reason) == (poison.sequence, reason)
    assert letter.frame.image == jpegs[poison.sequence - 1]
    (ledger,) = (await fragile.status(name)).cameras
    assert (ledger.done, ledger.dead, ledger.pending) == (FRAMES - 1, 1, 0)


async def letters(nats: Broker, pipeline: str) -> list[dead_letter_message.DeadLetter]:
    found: list[dead_letter_message.DeadLetter] = []
    tail = OrderedReader(nats, dead_stream(pipeline), SystemClock())

    async def take(entry: ReceivedMessage) -> None:
        found.append(dead_letter_message.from_parts(entry.subject, entry.headers, entry.payload))

    reading = asyncio.ensure_future(tail.read(take))
    last = await tail.last_sequence()
    await eventually(lambda: len(found) >= last, 5)
    reading.cancel()
    return found
