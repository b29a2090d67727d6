"""The streams of a shadow: copies of the frames that a pipeline takes, and what it made of them."""

from framemesh.master.pipelines.stream_provisioning import provide_stream, remove_stream
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.shard_consumer import (
    ACK_WAIT_SECONDS,
    MAX_ACK_PENDING,
    MAX_WAITING,
    UNLIMITED,
)
from framemesh.runtime.messages.subjects import (
    run_subjects,
    runs_stream,
    shadow_consumer,
    shadow_stream,
    shadow_subject,
)

MIB = 1024 * 1024

COPIES_BYTES = 64 * MIB
"""Some seconds of a few cameras, and eight frames of the largest size."""

COPIES_AGE_SECONDS = 10
"""A shadow that is slower than the cameras skips frames: it compares what is new, and a frame that
its worker does not survive does not come back for ever."""

OUTCOMES_BYTES = 64 * MIB
"""Some 140,000 outcomes without detections. The leader compares them within seconds."""

OUTCOMES_AGE_SECONDS = 3600

STORAGE_BYTES = COPIES_BYTES + OUTCOMES_BYTES


class ShadowStreams:
    """Owns `SHADOW-<pipeline>`, with its consumer, and `RUNS-<pipeline>`.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._jetstream = JetStream(broker)
        self._comparisons = ShadowStore(broker)

    async def provision(self, pipeline: str) -> None:
        """Make both; what is as it should be stays untouched.

        Raises:
            StorageMissing, BufferRefused: the broker does not take one.
        """
        for config in (_copies_config(pipeline), _outcomes_config(pipeline)):
            await provide_stream(self._jetstream.streams, config, "rollout.shadow")
        await self._jetstream.consumers.create(shadow_stream(pipeline), _CONSUMER)

    async def delete(self, pipeline: str) -> None:
        """Delete both, and all that is in them; what is already gone is fine."""
        await remove_stream(self._jetstream.streams, shadow_stream(pipeline))
        await remove_stream(self._jetstream.streams, runs_stream(pipeline))

    async def forget(self, pipeline: str) -> None:
        """Delete both, and what was compared until now."""
        await self.delete(pipeline)
        await self._comparisons.remove(pipeline)


def _copies_config(pipeline: str) -> StreamConfig:
    return StreamConfig(
        name=shadow_stream(pipeline),
        subjects=(shadow_subject(pipeline, "*"),),
        retention="workqueue",
        # The real path waits for nothing of this, and has all of the frames.
        discard="old",
        max_bytes=COPIES_BYTES,
        max_age_seconds=COPIES_AGE_SECONDS,
    )


def _outcomes_config(pipeline: str) -> StreamConfig:
    return StreamConfig(
        name=runs_stream(pipeline),
        subjects=(run_subjects(pipeline, "*"),),
        discard="old",
        max_bytes=OUTCOMES_BYTES,
        max_age_seconds=OUTCOMES_AGE_SECONDS,
        allow_direct=True,
    )


_CONSUMER = ConsumerConfig(
    durable_name=shadow_consumer(),
    ack_wait_seconds=ACK_WAIT_SECONDS,
    max_deliver=UNLIMITED,
    max_ack_pending=MAX_ACK_PENDING,
    max_waiting=MAX_WAITING,
)
