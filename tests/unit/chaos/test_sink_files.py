"""What a sink has written is read to its last whole line."""

import json
from pathlib import Path

import pytest

from framemesh.core.frame import FrameId
from tests.chaos.ledger import sink_files
from tests.chaos.ledger.sink_files import SinkFiles


def line(sequence: int) -> bytes:
    entry = {
        "camera": "door",
        "session": "s1",
        "sequence": sequence,
        "captured_unix_nano": 10 * sequence,
    }
    return json.dumps(entry).encode() + b"\n"


def test_frames_are_those_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(line(1) + line(2))
    (tmp_path / "two.jsonl.part").write_bytes(line(2) + line(3) + line(4)[:-5])
    found = SinkFiles(tmp_path)
    assert found.frames() == {FrameId("door", "s1", sequence) for sequence in (1, 2, 3)}
    assert found.newest_capture() == 30


def test_only_the_end_of_a_long_file_is_read_for_its_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_files, "TAIL_BYTES", len(line(1)) + 7)
    (tmp_path / "one.jsonl").write_bytes(line(9) + line(1) + line(2))
    assert SinkFiles(tmp_path).newest_capture() == 20


def test_a_sink_that_wrote_nothing_has_nothing(tmp_path: Path) -> None:
    assert SinkFiles(tmp_path / "none").frames() == frozenset()
    assert SinkFiles(tmp_path / "none").newest_capture() == 0
