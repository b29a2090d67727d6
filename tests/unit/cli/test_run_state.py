"""The file that tells the state of a mesh has a fixed size, whatever its programs log."""

from pathlib import Path

import pytest

from framemesh.cli.local.run_state import FILE, FILE_BYTES, MAX_TROUBLE, ProgramStatus, RunState

NAMES = ("nats", "master", "ingest", "monitor", "sink", "agent")


def state(data: Path, trouble: str) -> RunState:
    programs = tuple(
        ProgramStatus(name, "127.0.0.1:65535", str(data / "logs" / f"{name}.log"), trouble=trouble)
        for name in NAMES
    )
    address = "127.0.0.1:65535"
    return RunState(4_194_304, f"nats://{address}", address, address, address, programs)


@pytest.mark.parametrize("letter", ["x", "\0", "\U0001f4f7", "\ud800"])
def test_lines_of_trouble_of_any_length_fit(tmp_path: Path, letter: str) -> None:
    state(tmp_path, letter * 100_000).save(tmp_path)
    assert (tmp_path / FILE).stat().st_size == FILE_BYTES
    loaded = RunState.load(tmp_path)
    assert loaded is not None
    assert all(0 < len(program.trouble) <= MAX_TROUBLE for program in loaded.programs)
