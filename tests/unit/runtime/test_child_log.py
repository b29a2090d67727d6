import traceback
from pathlib import Path

import pytest

from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.processes import child_log
from framemesh.runtime.processes.child_log import bound, keep_bounded, last_log_line
from tests.waiting import eventually


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


def test_the_last_words_are_the_last_line(log: Path) -> None:
    log.write_text("one\nModuleNotFoundError: no such thing\n\n")
    assert last_log_line(log, 0) == "ModuleNotFoundError: no such thing"


def test_the_last_words_of_an_exception_group_are_those_in_it(log: Path) -> None:
    try:
        raise ExceptionGroup("several", [ValueError("too small"), KeyError("no such lens")])
    except ExceptionGroup as group:
        log.write_text("".join(traceback.format_exception(group)))
    assert last_log_line(log, 0) == "KeyError: 'no such lens'"


def test_an_error_of_our_own_goes_before_what_was_said_after_it(log: Path) -> None:
    log.write_text(
        '{"event": "it is taken", "level": "error"}\n{"event": "bye", "level": "info"}\n'
    )
    assert last_log_line(log, 0) == "it is taken"


def test_an_event_that_is_no_error_is_told_without_what_is_around_it(log: Path) -> None:
    log.write_text('{"event": "broker connected", "level": "info", "url": "nats://here"}\n')
    assert last_log_line(log, 0) == "broker connected"


def test_a_crash_is_told_with_the_error_before_it_and_without_its_stack(log: Path) -> None:
    log.write_text(
        "[7] 2026/11/28 17:47:07.1 [INF] Starting JetStream\n"
        "[7] 2026/11/28 17:47:07.5 [ERR] Critical write error: no space left on device\n"
        "panic: runtime error: invalid memory address or nil pointer dereference\n"
        "goroutine 95 [running]:\n\tserver/util.go:379 +0x5f\n"
    )
    assert last_log_line(log, 0) == (
        "panic: runtime error: invalid memory address or nil pointer dereference"
        " after: Critical write error: no space left on device"
    )


def test_the_crash_of_a_tritonserver_is_told_without_its_stack(log: Path) -> None:
    log.write_text("Signal (6) received.\n 0# 0x00007FEE in tritonserver\n10# 0x7F in libc.so.6\n")
    assert last_log_line(log, 0) == "Signal (6) received."


def test_what_an_earlier_process_said_is_not_the_last_words_of_this_one(log: Path) -> None:
    log.write_text("an old fault\n")
    assert last_log_line(log, log.stat().st_size) == ""


def test_a_log_that_was_cut_since_the_start_is_read_whole(log: Path) -> None:
    log.write_text("after the cut\n")
    assert last_log_line(log, 10_000) == "after the cut"


def test_a_line_that_is_not_quite_json_is_a_line(log: Path) -> None:
    log.write_text('{"event": \n')
    assert last_log_line(log, 0) == '{"event":'


def test_a_log_that_is_not_there_says_nothing(log: Path) -> None:
    bound(log)
    assert last_log_line(log, 0) == ""


def test_a_large_log_is_put_aside_and_the_writer_goes_on_at_its_start(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_log, "LOG_BYTES", 10)
    with log.open("a") as writer:
        writer.write("much too long\n")
        writer.flush()
        bound(log)
        writer.write("next\n")
    assert log.read_text() == "next\n"
    assert log.with_name("service.log.1").read_text() == "much too long\n"


def test_a_large_log_is_cut_even_where_it_cannot_be_put_aside(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_log, "LOG_BYTES", 10)
    log.write_text("much too long\n")
    log.with_name("service.log.1").mkdir()
    bound(log)
    assert log.read_text() == ""


def test_a_small_log_stays(log: Path) -> None:
    log.write_text("short\n")
    bound(log)
    assert log.read_text() == "short\n"


def test_the_last_words_can_be_reported_whatever_a_path_in_them_was(log: Path) -> None:
    log.write_text('{"event": "no such file: \\udcff.onnx", "level": "error"}\n')
    assert last_log_line(log, 0) == "no such file: ?.onnx"


def test_a_log_that_cannot_be_cut_does_not_end_its_process(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_log, "LOG_BYTES", 0)
    log.mkdir()
    bound(log)


@pytest.fixture
def long_log(log: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(child_log, "LOG_BYTES", 10)
    log.write_text("much too long\n")
    return log


async def test_a_log_that_nobody_supervises_is_kept_small(
    long_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_log, "BOUND_SECONDS", 0.01)
    async with background_task(keep_bounded(long_log)):
        await eventually(lambda: long_log.stat().st_size, until=lambda size: size == 0)
