"""Which cameras share a budget."""

from framemesh.core.scheduling.budget.budget import Budget
from framemesh.core.scheduling.budget.camera_budgets import (
    MOST_BUDGETS,
    MOST_CAMERAS,
    CameraBudgets,
)
from framemesh.core.scheduling.call_graph import Rates


class Known:
    """A budget that says which rates it was made for."""

    def __init__(self, rates: Rates) -> None:
        self.rate = rates["a", "b"]

    def share(self, node: str, remaining: float) -> float:
        return self.rate


class Made:
    """Rates by camera, and what was made for them."""

    def __init__(self, **cameras: float) -> None:
        self.cameras = cameras
        self.made: list[float] = []
        self.budgets = CameraBudgets(self._rates, self._make)

    def _rates(self, camera: str | None) -> Rates:
        return {("a", "b"): 1.0 if camera is None else self.cameras.get(camera, 1.0)}

    def _make(self, rates: Rates) -> Budget:
        self.made.append(rates["a", "b"])
        return Known(rates)


def test_cameras_with_like_rates_share_one() -> None:
    made = Made(yard=1.1, gate=8.0, street=8.9)
    assert made.budgets.of("yard") is made.budgets.pipeline
    assert made.budgets.of("gate") is made.budgets.of("street")
    assert made.budgets.of("gate").share("a", 1.0) == 8.0
    assert made.made == [1.0, 8.0]


def test_there_are_so_many_and_then_the_pipelines() -> None:
    made = Made(**{f"c{at}": 2.0**at for at in range(40)})
    budgets = [made.budgets.of(f"c{at}") for at in range(40)]
    assert len(made.made) == MOST_BUDGETS
    assert budgets[-1] is made.budgets.pipeline


def test_any_number_of_cameras_may_ask() -> None:
    made = Made()
    for at in range(2 * MOST_CAMERAS):
        assert made.budgets.of(f"c{at}") is made.budgets.pipeline
    assert len(made.budgets._by_camera) == MOST_CAMERAS
