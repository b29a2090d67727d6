"""Which shard a frame goes to."""

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
    """Where a session begins its rotation over the shards, so that not all begin at the first."""
    return fnv1a(f"{camera}/{session}")


def rotating_shard(start: int, frame: FrameId, shards: int) -> int:
    """Round robin over `shards`, from `rotation_start`.

    It follows from the frame alone, so a frame that is sent again comes to the stream that may
    already have it, and is recognised there.
    """
    return (start + frame.sequence) % shards


def camera_shard(camera: str, shards: int) -> int:
    """The one shard of all frames of a camera, in all its sessions.

    It is what the mapping `partition(shards, ...)` of nats-server makes of the camera's name, so
    that whoever publishes without us may leave it to the broker.
    """
    return fnv1a(camera) % shards
