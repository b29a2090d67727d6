"""For how long a backend is left alone."""

from framemesh.core.scheduling.load.back_off import FIRST_SECONDS, LONGEST_SECONDS, BackOff


def seconds_left_alone(back_off: BackOff, now: float) -> float:
    return next(at / 1000 for at in range(100_000) if back_off.is_over(now + at / 1000))


def test_it_doubles_with_each_refusal_and_ends_with_an_answer() -> None:
    back_off = BackOff(seed=3, about="cloud")
    assert back_off.is_over(0.0)
    for refusals in range(6):
        back_off.refused(now=100.0)
        longest = FIRST_SECONDS * 2**refusals
        assert longest / 2 <= seconds_left_alone(back_off, 100.0) <= longest + 0.001
    back_off.answered()
    assert back_off.is_over(100.0)
    back_off.refused(now=100.0)
    assert seconds_left_alone(back_off, 100.0) <= FIRST_SECONDS + 0.001


def test_it_is_never_longer_than_its_bound() -> None:
    back_off = BackOff(seed=3, about="cloud")
    for _ in range(5000):
        back_off.refused(now=0.0)
    assert LONGEST_SECONDS / 2 <= seconds_left_alone(back_off, 0.0) <= LONGEST_SECONDS


def test_callers_that_were_refused_together_do_not_come_back_together() -> None:
    callers = [BackOff(seed, "cloud") for seed in range(50)]
    for caller in callers:
        for _ in range(5):
            caller.refused(now=0.0)
    lengths = sorted(seconds_left_alone(caller, 0.0) for caller in callers)
    # Between 0.4 and 0.8 s, evenly: no tenth of the time has more than a quarter of them.
    for at in range(40, 84, 4):
        assert sum(at <= 100 * length < at + 4 for length in lengths) <= 12
