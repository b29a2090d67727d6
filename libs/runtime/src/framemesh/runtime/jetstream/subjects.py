"""The names of streams, consumers and subjects.

A stream's name ends in its number, so that no two pipelines can share one. All tokens follow the
grammar of names (framemesh.core.names), which has no dots.
"""

from framemesh.core.pipeline import BufferSpec

PIPELINES_BUCKET = "framemesh-pipelines"


def frames_stream(pipeline: str, index: int) -> str:
    """The `index`-th stream of the buffer of a pipeline."""
    return f"FRAMES-{pipeline}-{index}"


def frames_subject(pipeline: str, shard: int, camera: str) -> str:
    """Where the frames of a camera in one shard are; "*" for every camera."""
    return f"frames.{pipeline}.{shard}.{camera}"


def shard_consumer(shard: int) -> str:
    """The durable consumer of a shard."""
    return f"shard-{shard}"


def shards_of(buffer: BufferSpec, index: int) -> range:
    """The shards of the `index`-th stream; shards are numbered through all streams."""
    return range(index * buffer.shards, (index + 1) * buffer.shards)


def stream_of(buffer: BufferSpec, shard: int) -> int:
    """The index of the stream that holds a shard."""
    return shard // buffer.shards


def ledger_stream(pipeline: str) -> str:
    """Everything that the ledger of a pipeline is built from."""
    return f"LEDGER-{pipeline}"


def outcome_subject(pipeline: str, camera: str) -> str:
    """Where the outcomes of a camera are; "*" for every camera."""
    return f"outcomes.{pipeline}.{camera}"


def accepted_subject(pipeline: str, camera: str) -> str:
    """Where it is written which frames of a camera were accepted; "*" for every camera."""
    return f"accepted.{pipeline}.{camera}"
