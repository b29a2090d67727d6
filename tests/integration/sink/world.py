"""A pipeline with results, its sinks, and processes of the service that runs them."""

import asyncio
import json
import os
import sys
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from framemesh.core.clock import SystemClock
from framemesh.core.detection import Box, Detection
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Shard
from framemesh.core.sinks.spec import SinkSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.sinks.composition import Sinks
from framemesh.master.sinks.manager import RunningSink
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.publish.publisher import Publisher
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.runtime.processes.ports import free_block
from tests.integration.sink.numbered_pictures import numbered
from tests.waiting import eventually

CAPTURED = 1_700_000_000_000_000_000

PERSON = Detection("people", "person", 0, 0.9, Box(0.1, 0.2, 0.5, 0.9))
CAR = Detection("people", "car", 2, 0.7, Box(0.5, 0.5, 0.75, 0.75))


def outcome(
    camera: str,
    sequence: int,
    fate: Fate = Fate.DONE,
    detections: tuple[Detection, ...] = (PERSON, CAR),
) -> Outcome:
    return Outcome(
        frame=FrameId(camera, "s1", sequence),
        pipeline="street",
        fate=fate,
        captured_unix_nano=CAPTURED + sequence * 1_000_000,
        completed_unix_nano=CAPTURED + sequence * 2_000_000,
        completed_by="w1",
        width=64,
        height=48,
        detections=detections if fate is Fate.DONE else (),
    )


@dataclass
class SinkProcess:
    """`python -m framemesh.sink`."""

    process: asyncio.subprocess.Process
    log: Path

    def said(self, event: str) -> list[dict[str, object]]:
        """What it logged so far under this event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        self.process.terminate()
        await self.process.wait()


@dataclass
class World:
    """What a test of sinks has."""

    broker: Broker
    publish: Publisher
    url: str
    folder: Path
    sinks: Sinks
    processes: list[SinkProcess] = field(default_factory=list)
    with_pictures: bool = False
    """Whether frames are stored, too."""

    @classmethod
    def of(cls, broker: Broker, publish: Publisher, url: str, folder: Path) -> "World":
        store = PipelineStore(broker)
        pictures = PictureStreams(broker, SinkStore(broker))

        async def provide(pipeline: str) -> None:
            stored = await store.get(pipeline)
            if wanted := await pictures.wanted(pipeline):
                await pictures.provision(stored.spec)
            await BufferProvisioner(broker).provision(
                stored.spec, stored.generation, pictures=wanted
            )
            if not wanted:
                await pictures.delete(pipeline)

        sinks = Sinks.of(broker, store, ChangeLocks(), provide, SystemClock())
        return cls(broker, publish, url, folder, sinks)

    async def add(self, spec: SinkSpec) -> RunningSink:
        self.with_pictures |= spec.kind.needs_pictures
        return await self.sinks.manager.add(spec)

    async def complete(self, camera: str, sequences: Iterable[int], fate: Fate = Fate.DONE) -> None:
        """Outcomes, stored in their order."""
        for sequence in sequences:
            await self.store(outcome(camera, sequence, fate))

    async def store(self, *outcomes: Outcome) -> None:
        for each in outcomes:
            if self.with_pictures:
                await self.offer(each.frame)
            await ReliableWriter(self.publish).write(outcome_message.to_message(each))

    async def offer(self, frame: FrameId) -> None:
        """A frame, as ingest stores it, with a picture that tells its number."""
        image = numbered(frame.sequence)
        found = Frame(frame, CAPTURED, image, zlib.crc32(image))
        message = frame_message.to_message(Shard("street", 1, 0, 0), found)
        await ReliableWriter(self.publish).write(message)

    async def caught_up(self, name: str) -> RunningSink:
        """Wait until a sink has written all that there is."""

        async def behind() -> RunningSink | None:
            found = await self.sinks.manager.get(name)
            return found if found.behind and not found.behind.results else None

        found = await eventually(behind)
        assert found
        return found

    async def start(self, name: str = "one") -> SinkProcess:
        """Start a process of the service; it need not serve yet."""
        log = self.folder / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as file:
            started = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "framemesh.sink",
                env={
                    **os.environ,
                    "FRAMEMESH_NATS": self.url,
                    "FRAMEMESH_SINK_LISTEN": f"127.0.0.1:{free_block(1)}",
                    "FRAMEMESH_SINK_NAME": name,
                },
                stderr=file,
            )
        self.processes.append(SinkProcess(started, log))
        return self.processes[-1]

    @asynccontextmanager
    async def running(self, name: str = "one") -> AsyncIterator[SinkProcess]:
        """A process of the service, killed at the end."""
        process = await self.start(name)
        try:
            yield process
        finally:
            await process.kill()
