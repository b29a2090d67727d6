from framemesh.runtime.concurrency.backoff import Backoff


def test_pauses_double_up_to_the_most() -> None:
    backoff = Backoff(first_seconds=0.2, max_seconds=10.0)
    assert [backoff.pause(n) for n in (1, 2, 3, 6, 7)] == [0.2, 0.4, 0.8, 6.4, 10.0]


def test_a_million_failures_are_no_overflow() -> None:
    assert Backoff(0.2, 10.0).pause(1_000_000) == 10.0
