"""A checkpoint as the value of a key-value bucket."""

import zlib
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from framemesh.api.monitor.v1 import checkpoint_pb2
from framemesh.core.errors import FramemeshError

FAST = 1
"""Of zlib's levels; higher ones take five times as long for a tenth less."""


class CheckpointCorrupt(FramemeshError):
    """A stored checkpoint cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a projection, and the place in the stream that it is of."""

    stream_created: str
    sequence: int
    unread: int
    state: bytes


def checkpoint_to_payload(checkpoint: Checkpoint) -> bytes:
    message = checkpoint_pb2.Checkpoint(
        stream_created=checkpoint.stream_created,
        sequence=checkpoint.sequence,
        unread=checkpoint.unread,
        state=checkpoint.state,
    )
    return zlib.compress(message.SerializeToString(), FAST)


def checkpoint_from_payload(payload: bytes) -> Checkpoint:
    """
    Raises:
        CheckpointCorrupt: `checkpoint_to_payload` did not write this.
    """
    try:
        message = checkpoint_pb2.Checkpoint.FromString(zlib.decompress(payload))
    except (zlib.error, DecodeError) as error:
        raise CheckpointCorrupt(f"a checkpoint of {len(payload)} bytes: {error}") from error
    return Checkpoint(message.stream_created, message.sequence, message.unread, message.state)
