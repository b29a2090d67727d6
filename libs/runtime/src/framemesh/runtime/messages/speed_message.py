"""What a worker announces of its speed, as the value of a key."""

import json

from framemesh.core.worker_speed import WorkerSpeed

MOST = 10**9
"""Frames a minute: more is no measurement."""


def speed_payload(speed: WorkerSpeed) -> bytes:
    return json.dumps(
        {"frames_per_minute": speed.frames_per_minute, "saturated": speed.saturated}
    ).encode()


def speed_from_payload(payload: bytes) -> WorkerSpeed | None:
    """None: an earlier version wrote it, which announces nothing, or nobody knows who did. What a
    later one adds is left out."""
    try:
        fields = json.loads(payload)
        speed = WorkerSpeed(int(fields["frames_per_minute"]), fields["saturated"] is True)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return speed if 0 <= speed.frames_per_minute <= MOST else None
