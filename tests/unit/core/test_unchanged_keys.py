"""A key that is read again and again without a change is one of nobody."""

from framemesh.core.leases.unchanged_keys import OUTDATED_SECONDS, UnchangedKeys


def read(keys: UnchangedKeys[str], reads: list[tuple[float, dict[str, int]]]) -> list[str]:
    found: list[str] = []
    for now, sequences in reads:
        found = keys.outdated(sequences, now)
    return found


def test_a_key_is_outdated_once_it_was_seen_unchanged_for_long() -> None:
    keys = UnchangedKeys[str]()
    every_second = [(float(second), {"gone": 7, "there": second}) for second in range(20)]
    until = int(OUTDATED_SECONDS)
    assert read(keys, every_second[:until]) == []
    assert read(keys, every_second[until:]) == ["gone"]


def test_a_broker_that_was_away_makes_no_key_outdated() -> None:
    keys = UnchangedKeys[str]()
    assert read(keys, [(0.0, {"a": 1}), (600.0, {"a": 1}), (601.0, {"a": 1})]) == []


def test_a_key_that_is_written_anew_begins_anew() -> None:
    keys = UnchangedKeys[str]()
    reads = [(float(second), {"a": 1 if second < 5 else 2}) for second in range(10)]
    assert read(keys, reads) == []


def test_what_is_gone_is_forgotten() -> None:
    keys = UnchangedKeys[str]()
    reads = [(float(second), {"a": 1} if second != 5 else {}) for second in range(10)]
    assert read(keys, reads) == []
