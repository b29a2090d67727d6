"""What waits in each shard of a pipeline's buffer."""

import asyncio
import contextlib
import re
from collections import Counter

from framemesh.core.pipeline.generation import Generation
from framemesh.runtime.jetstream.api.errors import ConsumerNotFound, StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import frames_streams

MAX_CONSUMERS = 64
"""Of one stream that are asked; each is a question to the broker. Of more, the sum is told."""


async def shard_backlogs(broker: Broker, stored: StoredPipeline) -> dict[str, int]:
    """Frames by shard, by what the consumers of the shards say: those that wait, and those that
    workers have. Shards of generations that are drained are told together with the others.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    found: Counter[str] = Counter()
    for generation in (*stored.draining, stored.generation):
        for stream in frames_streams(stored.spec.name, generation):
            with contextlib.suppress(StreamNotFound):
                # Not `+=`, which leaves out what is empty.
                found.update(await _of_stream(broker, stream, generation))
    return dict(found)


async def _of_stream(broker: Broker, stream: str, generation: Generation) -> Counter[str]:
    consumers = JetStream(broker).consumers
    shards = [
        (name, shard)
        for name in await consumers.names(stream)
        if (shard := _shard(name, generation.number)) is not None
    ]
    found: Counter[str] = Counter()

    async def ask(consumer: str, shard: str) -> None:
        # Gone since it was listed: its shard moves.
        with contextlib.suppress(ConsumerNotFound):
            info = await consumers.info(stream, consumer)
            found[shard] += info.waiting + info.unacked

    await asyncio.gather(*(ask(*each) for each in shards[:MAX_CONSUMERS]))
    return found


def _shard(consumer: str, generation: int) -> str | None:
    """The number of the shard, with `-high` for its part of high priority; None: it is of none."""
    matched = re.match(rf"shard-{generation}-(\d+(?:-high)?)", consumer)
    return matched[1] if matched else None
