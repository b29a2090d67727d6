from pathlib import Path

import pytest

from framemesh.cli.local.run_state import FILE, ProgramStatus, RunState
from framemesh.runtime.processes.supervision import State

NATS = ProgramStatus("nats", "127.0.0.1:4", "nats.log", State.READY, 12, 1, "killed", 0.1)
MASTER = ProgramStatus("master", "127.0.0.1:2", "master.log")


def run(*programs: ProgramStatus) -> RunState:
    return RunState(11, "nats://127.0.0.1:4", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", programs)


def test_a_run_is_read_as_it_was_saved(tmp_path: Path) -> None:
    saved = run(NATS, MASTER)
    saved.save(tmp_path)
    assert RunState.load(tmp_path) == saved
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_folder_without_a_run_has_none(tmp_path: Path) -> None:
    assert RunState.load(tmp_path) is None
    RunState.forget(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"programs": [{"state": "odd"}]}', '{"pid": 1'])
def test_a_file_of_another_version_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert RunState.load(tmp_path) is None


def test_a_run_is_ready_when_all_its_programs_are() -> None:
    assert run(NATS).ready
    assert not run(NATS, MASTER).ready


def test_a_program_that_ended_and_is_ready_again_has_not_failed() -> None:
    assert run(NATS, MASTER).failed is None
    ended = ProgramStatus("master", "127.0.0.1:2", "master.log", trouble="no disk")
    assert run(NATS, ended).failed == ended
