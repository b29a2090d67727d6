"""The writer of each kind. Its module is imported when a sink of the kind is there: of pyarrow and
OpenCV a process takes what its sinks need."""

import asyncio
from importlib import import_module

from framemesh.core.clock import Clock
from framemesh.core.sinks.spec import SinkKind, SinkSpec
from framemesh.sink.intake.pictures import Pictures
from framemesh.sink.writers.writer import Writer

WRITERS = {
    SinkKind.JSONL: "framemesh.sink.writers.jsonl:JsonlWriter",
    SinkKind.PARQUET: "framemesh.sink.writers.parquet:ParquetWriter",
    SinkKind.MP4: "framemesh.sink.writers.mp4:Mp4Writer",
    SinkKind.CROPS: "framemesh.sink.writers.crops:CropsWriter",
    SinkKind.WEBHOOK: "framemesh.sink.writers.webhook:WebhookWriter",
    SinkKind.MQTT: "framemesh.sink.writers.mqtt:MqttWriter",
}


async def make_writer(spec: SinkSpec, clock: Clock, pictures: Pictures) -> Writer:
    """A writer that is not open yet."""
    module, _, name = WRITERS[spec.kind].partition(":")
    kind = getattr(await asyncio.to_thread(import_module, module), name)
    more = (pictures,) if spec.kind.needs_pictures else ()
    writer: Writer = kind(spec, clock, *more)
    return writer
