"""What of the twin on Kafka needs no Kafka; the rest is in tests/contract, where that is there."""

import random

from bench.kafka_twin.kinds import Kind
from bench.kafka_twin.lines import Table, better, ratio_of
from bench.kafka_twin.settled_prefix import SettledPrefix


def test_what_is_settled_is_committed_once_all_before_it_is() -> None:
    prefix = SettledPrefix()
    for offset in (7, 8, 9):
        prefix.take(offset)
    assert [prefix.settle(offset) for offset in (8, 7, 9)] == [None, 9, 10]
    assert len(prefix) == 0


def test_offsets_that_the_log_does_not_have_are_passed_over() -> None:
    prefix = SettledPrefix()
    for offset in (3, 10):
        prefix.take(offset)
    assert [prefix.settle(offset) for offset in (3, 10)] == [4, 11]


def test_in_whatever_order_they_are_settled_the_last_commit_is_of_all() -> None:
    order = random.Random(3)  # noqa: S311  a seed, not a secret
    for _ in range(50):
        prefix = SettledPrefix()
        offsets = list(range(20))
        for offset in offsets:
            prefix.take(offset)
        order.shuffle(offsets)
        committed = [found for each in offsets if (found := prefix.settle(each)) is not None]
        assert committed == sorted(committed)
        assert committed[-1] == 20


def test_more_is_better_of_rates_alone() -> None:
    assert better("50 KB: frames/s", 2.0) == Kind.JETSTREAM
    assert better("50 KB: us broker", 2.0) == Kind.KAFKA
    assert better("50 KB: us broker", 1.01) == "even"


def test_a_line_is_the_median_of_its_turns_and_a_ratio_that_of_its_ratios() -> None:
    table = Table()
    for ours, theirs in ((10.0, 5.0), (30.0, 10.0), (20.0, 20.0)):
        table.add(Kind.JETSTREAM, {"frames/s": ours})
        table.add(Kind.KAFKA, {"frames/s": theirs})
    (_, line) = table.text().splitlines()
    assert line.split() == ["frames/s", "20", "10", "2.00", "jetstream"]


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio_of([1.0], [0.0]) is None
