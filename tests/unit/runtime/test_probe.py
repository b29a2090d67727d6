"""The health check of a container."""

from pathlib import Path

from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc.probe import is_well


def test_a_container_starts_until_its_server_serves(tmp_path: Path) -> None:
    served = str(tmp_path / "served")
    answers = (Health.UNANSWERED, Health.NOT_SERVING, Health.SERVING)
    assert [is_well(health, served) for health in answers] == [False, False, True]


def test_one_that_served_is_well_for_as_long_as_it_answers(tmp_path: Path) -> None:
    served = str(tmp_path / "served")
    assert is_well(Health.SERVING, served)
    assert is_well(Health.NOT_SERVING, served)
    assert not is_well(Health.UNANSWERED, served)
