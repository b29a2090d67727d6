"""How much silence of a process is too much. The times are those of a clock that the test moves."""

import pytest

from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.liveness import Liveness, LivenessBounds

BOUNDS = LivenessBounds(
    check_seconds=1.0, silent_check_seconds=5.0, silent_seconds=20.0, start_seconds=600.0
)


class Process:
    """A process whose health checks take as long as the test says."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.liveness = Liveness(BOUNDS, self)

    def monotonic(self) -> float:
        return self.seconds

    def unix_nano(self) -> int:
        return int(self.seconds * 1e9)

    def checked(self, health: Health, *, after: float, times: int = 1) -> str | None:
        for _ in range(times):
            self.seconds += after
            self.liveness.record(health)
        return self.liveness.problem


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.fixture
def answered(process: Process) -> Process:
    process.checked(Health.SERVING, after=0.1)
    return process


def test_one_that_falls_silent_has_time_for_at_least_four_checks(answered: Process) -> None:
    assert answered.checked(Health.UNANSWERED, after=60.0, times=3) is None
    assert answered.checked(Health.UNANSWERED, after=60.0) is not None


def test_checks_that_fail_at_once_must_go_on_for_as_long(answered: Process) -> None:
    assert answered.checked(Health.UNANSWERED, after=0.2, times=99) is None
    assert answered.checked(Health.UNANSWERED, after=0.2, times=2) is not None


@pytest.mark.parametrize("answer", [Health.SERVING, Health.NOT_SERVING])
def test_any_answer_ends_the_silence(answered: Process, answer: Health) -> None:
    for _ in range(10):
        assert answered.checked(Health.UNANSWERED, after=5.0, times=3) is None
        assert answered.checked(answer, after=4.9) is None


def test_one_that_did_not_answer_gets_longer_for_the_next_check(answered: Process) -> None:
    assert answered.liveness.timeout_seconds == BOUNDS.check_seconds
    answered.checked(Health.UNANSWERED, after=1.0)
    assert answered.liveness.timeout_seconds == BOUNDS.silent_check_seconds
    answered.checked(Health.NOT_SERVING, after=1.0)
    assert answered.liveness.timeout_seconds == BOUNDS.check_seconds


def test_one_that_starts_has_minutes_for_its_first_answer(process: Process) -> None:
    assert process.checked(Health.UNANSWERED, after=0.2, times=2_990) is None
    assert process.checked(Health.UNANSWERED, after=0.2, times=20) is not None
