"""A soak fails for what grows, leaks or is lost, and for nothing else."""

import dataclasses
import random
from pathlib import Path

import pytest

from bench.soak.samples import LedgerSample, ProcessSample, Recorded, recorded, recorder
from bench.soak.verdict import Bounds, slope, verdict

SECONDS, EVERY = 3600, 10
WARM = 1200.0
MIB = 1024


def ledger(at: float, **changed: int) -> LedgerSample:
    done = round(30 * at)
    counts = {"offered": done, "accepted": done, "rejected": 0, "done": done, "pending": 0}
    fates = {"expired": 0, "superseded": 0, "dead": 0, "duplicates": 0}
    broker = {"broker_rss_kib": 40 * MIB, "broker_disk_kib": 20 * MIB}
    return LedgerSample(at=at, age_p99_ms=20.0, **{**counts, **fates, **broker, **changed})


def steady(growth_mib: float = 0.0, fds: int = 0, role: str = "ingest") -> Recorded:
    """An hour in which a role of 80 MiB grows, and has noise, peaks and a warm-up."""
    dice = random.Random(3)  # noqa: S311
    processes = []
    for at in range(0, SECONDS + 1, EVERY):
        size = 80 * MIB + growth_mib * MIB * at / SECONDS + dice.uniform(-MIB, MIB)
        if dice.random() < 0.1:
            size += 20 * MIB
        if at < WARM / 2:
            size /= 2
        count = 15 + (fds if at > SECONDS / 2 else 0)
        processes.append(ProcessSample(float(at), role, 7, round(size), count, 11, 0.1 * at))
    return Recorded(processes, [ledger(float(at)) for at in range(0, SECONDS + 1, EVERY)])


def failed(found: Recorded, sent: int = 30 * SECONDS) -> list[str]:
    return [each.what for each in verdict(found, WARM, sent, Bounds()) if not each.passed]


def test_what_is_steady_passes_whatever_its_warm_up_noise_and_peaks() -> None:
    assert not failed(steady())


def test_memory_that_grows_fails() -> None:
    assert failed(steady(growth_mib=10)) == ["ingest: memory"]


def test_the_broker_may_move_by_its_blocks() -> None:
    assert not failed(steady(growth_mib=60, role="nats"))
    assert failed(steady(growth_mib=200, role="nats")) == ["nats: memory"]


def test_descriptors_that_stay_open_fail() -> None:
    assert failed(steady(fds=3)) == ["ingest: fds"]


def test_a_process_that_was_replaced_fails() -> None:
    found = steady()
    last = dataclasses.replace(found.processes[-1], pid=8)
    assert failed(Recorded([*found.processes[:-1], last], found.ledger)) == ["processes"]


def test_a_ledger_that_does_not_balance_once_fails() -> None:
    found = steady()
    books = [*found.ledger]
    books[9] = ledger(90.0, pending=1)
    assert failed(Recorded(found.processes, books)) == ["ledger"]


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"done": 30 * SECONDS - 1, "pending": 1}, "frames"), ({"duplicates": 1}, "second outcomes")],
)
def test_a_frame_without_its_one_outcome_fails(changed: dict[str, int], what: str) -> None:
    found = steady()
    assert failed(
        Recorded(found.processes, [*found.ledger[:-1], ledger(float(SECONDS), **changed)])
    ) == [what]


def test_a_run_that_ended_in_its_warm_up_is_told() -> None:
    with pytest.raises(ValueError, match="let it run longer"):
        verdict(steady(), SECONDS + 1.0, 0, Bounds())


def test_a_slope_is_not_moved_by_what_is_far_off() -> None:
    times = [float(at) for at in range(100)]
    values = [2 * at + (1000 if at % 7 == 0 else 0) for at in times]
    assert slope(times, values) == pytest.approx(2.0, abs=0.1)
    assert slope([1.0], [5.0]) == 0.0


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    found = steady()
    with recorder(tmp_path) as to:
        for process, books in zip(found.processes, found.ledger, strict=True):
            to.add([process], books)
    again = recorded(tmp_path)
    assert again.ledger == found.ledger
    assert [each.rss_kib for each in again.processes] == [e.rss_kib for e in found.processes]
