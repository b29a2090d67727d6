"""The logs of a data folder: merged by time, and followed through all that happens to them."""

import itertools
import json
import random
import tracemalloc
from pathlib import Path

import pytest

from framemesh.cli.logs import following
from framemesh.cli.logs.following import FollowedLogs
from framemesh.cli.logs.log_files import log_files
from framemesh.cli.logs.reading import merged
from framemesh.runtime.processes import child_log


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "logs" / "workers").mkdir(parents=True)
    return tmp_path


class Program:
    """Appends to its log, as a process does that has it open."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log

    def say(self, event: str, second: int = 0) -> None:
        stamp = f"2026-11-29T12:{second // 60 % 60:02}:{second % 60:02}.000000Z"
        self.write(json.dumps({"event": event, "level": "info", "timestamp": stamp}) + "\n")

    def write(self, text: str) -> None:
        with self.log.open("a") as file:
            file.write(text)


@pytest.fixture
def master(data: Path) -> Program:
    return Program(data / "logs" / "master.log")


@pytest.fixture
def worker(data: Path) -> Program:
    return Program(data / "logs" / "workers" / "street-r1-0.log")


@pytest.fixture
def small_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put aside when they have some lines."""
    monkeypatch.setattr(child_log, "LOG_BYTES", 500)


def read(data: Path) -> list[str]:
    return [entry.event for entry in merged(log_files(data))]


def test_the_logs_of_all_programs_are_one_by_time(
    data: Path, master: Program, worker: Program
) -> None:
    triton = Program(data / "workers" / "street-r1-0" / "triton" / "triton.log")
    for second in range(0, 9, 3):
        master.say(f"m{second}", second)
        worker.say(f"w{second + 1}", second + 1)
        triton.write(f'I1129 12:00:0{second + 2}.000000 1 a.cc:1] "t{second + 2}"\n')
    assert read(data) == ["m0", "w1", "t2", "m3", "w4", "t5", "m6", "w7", "t8"]
    sources = {entry.source for entry in merged(log_files(data))}
    assert sources == {"master", "street-r1-0", "street-r1-0/triton"}


def test_what_was_put_aside_comes_first(data: Path, master: Program, small_logs: None) -> None:
    for second in range(8):
        master.say(f"m{second}", second)
        child_log.bound(master.log)
    assert master.log.with_name("master.log.1").exists()
    assert read(data) == [f"m{second}" for second in range(8)]


def test_lines_without_a_time_stay_where_they_are(
    data: Path, master: Program, worker: Program
) -> None:
    master.write("no time yet\n")
    master.say("m1", 1)
    master.write("after m1\n")
    worker.say("w2", 2)
    assert read(data) == ["no time yet", "m1", "after m1", "w2"]


def test_large_logs_are_read_in_little_memory(data: Path, master: Program, worker: Program) -> None:
    line = json.dumps({"event": "x" * 200, "level": "info", "timestamp": "2026-11-29T12:00:00Z"})
    for program in (master, worker):
        program.write((line + "\n") * 20_000 + "y" * 1_000_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in merged(log_files(data))) >= 40_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def news(followed: FollowedLogs) -> list[str]:
    """All that is new, in as many calls as it takes."""
    found = list(followed.new())
    while more := followed.new():
        found += more
    return [entry.event for entry in found]


def test_what_is_added_is_told_once(data: Path, master: Program, worker: Program) -> None:
    master.say("m1", 1)
    followed = FollowedLogs(data)
    assert news(followed) == ["m1"]
    worker.say("w3", 3)
    master.say("m2", 2)
    assert news(followed) == ["m2", "w3"]
    assert news(followed) == []


def test_half_a_line_is_told_when_it_is_whole(data: Path, master: Program) -> None:
    followed = FollowedLogs(data)
    master.write('{"event": "m1", "level": "info", ')
    assert news(followed) == []
    master.write('"timestamp": "2026-11-29T12:00:00Z"}\n')
    assert news(followed) == ["m1"]


def test_nothing_is_missed_or_told_twice_when_a_log_is_put_aside(
    data: Path, master: Program, small_logs: None
) -> None:
    chance = random.Random(7)  # noqa: S311
    followed, told, said = FollowedLogs(data), list[str](), list[str]()
    for number in range(300):
        said.append(f"m{number}")
        master.say(said[-1], number)
        if chance.random() < 0.3:
            told += news(followed)
        # Its supervisor looks often enough that it is not put aside twice between two looks.
        if chance.random() < 0.3 and told[-1:] and len(said) - len(told) < 3:
            child_log.bound(master.log)
    assert told + news(followed) == said
    assert master.log.with_name("master.log.1").exists()


def test_a_program_that_begins_its_log_anew_is_followed(data: Path, master: Program) -> None:
    master.say("m1", 1)
    followed = FollowedLogs(data)
    news(followed)
    master.log.unlink()
    assert news(followed) == []
    master.say("m2", 2)
    assert news(followed) == ["m2"]


def test_a_log_that_is_replaced_between_two_looks_is_read_from_its_beginning(
    data: Path, master: Program
) -> None:
    master.say("m1", 1)
    followed = FollowedLogs(data)
    news(followed)
    master.log.rename(data / "old")
    master.say("m2", 2)
    master.say("m3", 3)
    assert news(followed) == ["m2", "m3"]


def test_a_worker_that_is_new_is_told_from_its_beginning(
    data: Path, master: Program, worker: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEFORE_BYTES", 100)
    master.say("m1", 1)
    followed = FollowedLogs(data)
    news(followed)
    for number in range(5):
        worker.say(f"w{number}", number)
    assert news(followed) == [f"w{number}" for number in range(5)]


def test_of_a_large_log_the_end_is_shown_first(
    data: Path, master: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEFORE_BYTES", 250)
    for number in range(100):
        master.say(f"m{number}", number)
    assert news(FollowedLogs(data)) == ["m97", "m98", "m99"]


def test_much_at_once_is_told_in_parts(
    data: Path, master: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PART_BYTES", 100)
    followed = FollowedLogs(data)
    for number in range(50):
        master.say(f"m{number}", number)
    told = list(itertools.chain.from_iterable(followed.new() for _ in range(60)))
    assert [entry.event for entry in told] == [f"m{number}" for number in range(50)]
