"""Hash functions that assign a frame to a shard."""

from functools import lru_cache

from framemesh.core.frame import FrameId

_OFFSET = 0x811C9DC5
_PRIME = 0x01000193


@lru_cache(maxsize=8192)
def fnv1a(text: str) -> int:
    """The 32-bit FNV-1a hash, which is also what the `partition()` mapping of nats-server uses."""
    value = _OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _PRIME & 0xFFFFFFFF
    return value


def rotation_start(camera: str, session: str) -> int:
    """Where a session starts its rotation over the shards, so that not all start at the first."""
    return fnv1a(f"{camera}/{session}")


def rotating_shard(start: int, frame: FrameId, shards: int) -> int:
    """Round robin over `shards`, from `rotation_start`.

    It depends on the frame id alone, so a retransmitted frame goes to the stream that may already
    have it, and is recognised as a duplicate there.
    """
    return (start + frame.sequence) % shards


def camera_shard(camera: str, shards: int) -> int:
    """The one shard of all frames of a camera, in all its sessions.

    The same as the subject mapping `partition(shards, ...)` of nats-server, so other publishers may
    leave it to the broker.
    """
    return fnv1a(camera) % shards


def is_canary(camera: str, share: float) -> bool:
    """Whether a camera is among the first `share` of all that get a new revision. It depends on its
    name alone, and not on its shard; a camera of a smaller share is of every larger one as well."""
    # Of no share nothing is hashed: this is asked for every frame.
    return share > 0 and fnv1a(f"{camera}/canary") % 10_000 < round(share * 10_000)
