"""What a backend says of itself."""

import pytest

from framemesh.core.scheduling.backend import Backend, InvalidBackend


def test_a_transfer_is_the_way_and_the_bytes() -> None:
    far = Backend("far", rtt=0.02, seconds_per_byte=1e-7)
    assert far.transfer(0) == pytest.approx(0.02)
    assert far.transfer(100_000) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"capacity": 0}, "capacity is 0"),
        ({"queue_bound": -1}, "queue_bound is -1"),
        ({"price_per_hour": -1.0}, "must be >= 0"),
        ({"rtt": -0.1}, "must be >= 0"),
        ({"idle_watts": 50.0, "max_watts": 40.0}, "max_watts is 40"),
    ],
)
def test_figures_that_cannot_be_are_refused(said: dict[str, float], told: str) -> None:
    with pytest.raises(InvalidBackend, match=told):
        Backend("edge", **said)  # type: ignore[arg-type]
