"""`framemesh watch` into a file."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner
from websockets.sync.server import ServerConnection, serve

from framemesh.cli.app import app
from framemesh.cli.watching.video_file import rate_of
from framemesh.monitor.dashboard.messages.detections import Detection
from framemesh.monitor.dashboard.messages.live import LiveRequest, PictureHeader

PERSON = Detection(
    stage="people",
    label="person",
    score=0.9,
    box=(0.25, 0.25, 0.75, 0.75),
    corners=[],
    keypoints=[],
    mask=None,
    raster=None,
    text="",
    parent=None,
)


def picture(sequence: int) -> bytes:
    """As the dashboard sends it."""
    header = PictureHeader(
        pipeline="street",
        camera="north",
        session="s",
        sequence=sequence,
        captured_ms=1000.0 + 200 * sequence,
        completed_ms=1000.0,
        width=128,
        height=96,
        fate="done",
        reason="",
        detections=[PERSON],
        timings_ms={},
    )
    text = header.model_dump_json().encode()
    jpeg = cv2.imencode(".jpg", np.full((96, 128, 3), 128, np.uint8))[1].tobytes()
    return len(text).to_bytes(4, "big") + text + jpeg


@pytest.fixture
def dashboard() -> Iterator[str]:
    """One that sends twelve pictures of the one camera that is asked for."""

    def answer(connection: ServerConnection) -> None:
        asked = LiveRequest.model_validate_json(connection.recv())
        assert asked.wall
        assert [each.camera for each in asked.wall.cameras] == ["north"]
        for sequence in range(1, 13):
            connection.send(picture(sequence))

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_live_pictures_are_a_video(dashboard: str, tmp_path: Path) -> None:
    file = tmp_path / "north.mp4"
    chosen = ["--camera", "north", "--mp4", str(file), "--limit", "12", "--dashboard", dashboard]
    result = CliRunner().invoke(app, ["watch", "street", *chosen])
    assert result.stdout == f"12 pictures are in {file}\n"
    video = cv2.VideoCapture(str(file))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert video.get(cv2.CAP_PROP_FPS) == 5
    was_read, first = video.read()
    assert was_read
    assert (np.abs(first.astype(int) - 128) > 30).any(), "the box is drawn"


def test_a_video_is_of_one_camera(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["watch", "street", "--mp4", str(tmp_path / "a.mp4")])
    assert result.exit_code == 2


def test_results_are_lines_of_a_file(run: Any, services: Any, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    run("watch", "street", "--limit", "1", "--jsonl", str(file))
    run("watch", "street", "--limit", "1", "--jsonl", str(file))
    first, second = map(json.loads, file.read_text().splitlines())
    assert first == second
    assert first["fate"] == "done"


@pytest.mark.parametrize(
    ("times", "rate"),
    [([], 10), ([5.0], 10), ([0, 100, 200, 900], 10), ([0, 1], 60), ([0, 9e9], 1)],
)
def test_a_video_plays_as_fast_as_its_pictures_came(times: list[float], rate: float) -> None:
    assert rate_of(times) == pytest.approx(rate)
