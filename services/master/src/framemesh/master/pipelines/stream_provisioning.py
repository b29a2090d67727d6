"""Makes one stream what it should be, and says in words why the broker refuses it."""

from contextlib import suppress
from dataclasses import replace

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.errors import (
    ApiError,
    InsufficientResources,
    JetStreamUnavailable,
    NoSuitablePeers,
    StreamNotFound,
)
from framemesh.runtime.jetstream.api.streams import StreamConfig, Streams


class StorageMissing(FramemeshError):
    """The broker has no room for the buffer."""

    code = Code.EXHAUSTED


class BufferRefused(FramemeshError):
    """The broker refuses a stream or a consumer."""

    code = Code.INVALID


async def provide_stream(streams: Streams, config: StreamConfig, field: str, tag: str = "") -> None:
    """Change the stream to this, or make it.

    Args:
        field: of the pipeline, that asks for it.
        tag: of the server that gets it, if it is new and there is room.

    Raises:
        StorageMissing, BufferRefused: the broker does not take it.
        BrokerUnavailable: the broker does not answer in time.
    """
    try:
        await _update_or_create(streams, config, tag)
    except JetStreamUnavailable:
        raise
    except ApiError as error:
        raise _refusal(error, config, field) from error


async def remove_stream(streams: Streams, name: str) -> None:
    """Delete a stream and all that is in it; one that is already gone is fine."""
    with suppress(StreamNotFound):
        await streams.delete(name)


async def _update_or_create(streams: Streams, config: StreamConfig, tag: str) -> None:
    try:
        await streams.update(config)
    except StreamNotFound:
        try:
            await streams.create(replace(config, placement_tags=(tag,) if tag else ()))
        except NoSuitablePeers:
            if not tag:
                raise
            await streams.create(config)


def _refusal(error: ApiError, config: StreamConfig, field: str) -> FramemeshError:
    why = error.description
    # Where there are too few servers for the replicas, it says nothing of storage.
    short = isinstance(error, NoSuitablePeers) and "storage" in why
    if short or isinstance(error, InsufficientResources):
        return StorageMissing(
            f"{field}: the broker has no room for {config.max_bytes} bytes"
            f" ({why}): ask for less, or give the broker more storage"
        )
    if config.replicas > 1:
        return BufferRefused(
            f"buffer.replicas: {why}: ask for fewer than {config.replicas}, or see that as many"
            " nats-servers run"
        )
    return BufferRefused(f"{field}: {why}")
