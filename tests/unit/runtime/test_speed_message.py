import pytest

from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.messages.speed_message import speed_from_payload, speed_payload


@pytest.mark.parametrize("speed", [UNKNOWN_SPEED, WorkerSpeed(750, saturated=True)])
def test_what_is_announced_is_read_again(speed: WorkerSpeed) -> None:
    assert speed_from_payload(speed_payload(speed)) == speed


def test_what_a_later_version_adds_is_left_out() -> None:
    payload = b'{"frames_per_minute": 60, "saturated": false, "watts": 5}'
    assert speed_from_payload(payload) == WorkerSpeed(60)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"7",
        b'{"frames_per_minute": "fast", "saturated": true}',
        b'{"frames_per_minute": -1, "saturated": true}',
        b'{"frames_per_minute": 1e300, "saturated": true}',
        b'{"frames_per_minute": 5}',
        b"\xff",
    ],
)
def test_what_an_earlier_version_or_nobody_knows_who_wrote_is_no_speed(payload: bytes) -> None:
    assert speed_from_payload(payload) is None
