"""The pictures of a pipeline for its sinks: copies of its frames, for as long as a sink wants them.

Frames are gone from their work queue once they have an outcome; a sink comes after that.
"""

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.pipelines.stream_provisioning import provide_stream, remove_stream
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import BucketMissing
from framemesh.runtime.jetstream.api.streams import Republish, StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.messages.subjects import (
    all_frames_subject,
    pictures_stream,
    pictures_subject,
    shadow_subject,
)

PICTURES_BYTES = 256 * 1024 * 1024
"""Some 5,000 pictures of 50 KB: those of ten cameras with ten frames a second for 50 s."""

PICTURES_AGE_SECONDS = 300
"""A video is complete after a minute, and the sink may be restarted meanwhile."""


def copies(spec: PipelineSpec, *, pictures: bool) -> Republish | None:
    """What the streams of a pipeline's frames copy. A stream has one destination for copies: where
    both sinks and a shadow want them, the shadow has copies of the pictures."""
    camera = "{{wildcard(2)}}"
    if pictures:
        return Republish(all_frames_subject(spec.name), pictures_subject(spec.name, camera))
    if spec.rollout.shadow:
        return Republish(all_frames_subject(spec.name), shadow_subject(spec.name, camera))
    return None


class PictureStreams:
    """Owns `PICTURES-<pipeline>`.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker, sinks: SinkStore) -> None:
        self._streams = JetStream(broker).streams
        self._sinks = sinks

    async def wanted(self, pipeline: str) -> bool:
        """Whether a sink of a pipeline needs pictures."""
        try:
            sinks = await self._sinks.list()
        except BucketMissing:
            # An earlier version of the master made none.
            return False
        return any(
            sink.spec.pipeline == pipeline and sink.spec.kind.needs_pictures for sink in sinks
        )

    async def there(self) -> set[str]:
        """The streams of pictures that there are."""
        return {*await self._streams.names(pictures_subject("*", "*"))}

    async def provision(self, spec: PipelineSpec) -> None:
        """Make the stream what it should be; one that is so stays untouched.

        Raises:
            StorageMissing, BufferRefused: the broker does not take it.
        """
        await provide_stream(self._streams, _config(spec), "the pictures for sinks")

    async def delete(self, pipeline: str) -> None:
        """Delete the stream and all that is in it; one that is already gone is fine."""
        await remove_stream(self._streams, pictures_stream(pipeline))


def _config(spec: PipelineSpec) -> StreamConfig:
    name, republish = spec.name, None
    if spec.rollout.shadow:
        republish = Republish(pictures_subject(name, "*"), shadow_subject(name, "{{wildcard(1)}}"))
    return StreamConfig(
        name=pictures_stream(name),
        subjects=(pictures_subject(name, "*"),),
        # The real path waits for nothing of this, and has all of the frames.
        discard="old",
        max_bytes=PICTURES_BYTES,
        max_age_seconds=PICTURES_AGE_SECONDS,
        allow_direct=True,
        republish=republish,
    )
