"""`framemesh demo`, as a person runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import psutil
import pytest

COMMAND = [str(Path(sys.executable).parent / "framemesh"), "demo"]
FRAMES = 400


def orphans(folder: Path) -> list[str]:
    """Processes of the demo: each has its folder in the command line or the environment."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if any(str(folder) in one for one in words) and process.pid != os.getpid():
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def test_it_shows_people_and_leaves_its_files(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = subprocess.run(
        [*COMMAND, "--out", str(out), "--fps", "40"],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FRAMES} frames" in done.stdout
    assert done.stdout.count("✓") == 2
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert len({(r["camera"], r["sequence"]) for r in results}) == len(results) == FRAMES
    assert all(r["fate"] == "done" for r in results)
    assert sum(len(r["detections"]) for r in results) > 4 * FRAMES
    video = cv2.VideoCapture(str(out / "street.mp4"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == FRAMES // 2
    video.release()
    assert cv2.imread(str(out / "street.png")) is not None
    assert orphans(out) == []


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3.0, 6.0])
def test_ctrl_c_at_any_moment_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    out = tmp_path / "demo"
    process = subprocess.Popen(
        [*COMMAND, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    # Not for readiness: the moment of the interruption is what is tested.
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert orphans(out) == []
