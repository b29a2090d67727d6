"""The log of a camera survives its death."""

import subprocess
import sys
from pathlib import Path

from tests.chaos.load import camera_log
from tests.chaos.load.camera_log import CLOSED, CameraLog, Offer
from tests.e2e.mesh import ROOT

SHORT_LIFE = """
import os, pathlib, sys
from tests.chaos.load.camera_log import CameraLog, Offer
log = CameraLog(pathlib.Path(sys.argv[1]))
log.began("s1")
log.offered(1, Offer(100, 7))
log.offered(2, Offer(200, 8))
log.accepted([1])
os.kill(os.getpid(), 9)
"""


def test_every_line_is_there_before_the_camera_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "door.jsonl"
    subprocess.run([sys.executable, "-c", SHORT_LIFE, path], cwd=ROOT, check=False)
    (session,) = camera_log.read(path)
    assert (session.camera, session.session) == ("door", "s1")
    assert session.offered == {1: Offer(100, 7), 2: Offer(200, 8)}
    assert (session.accepted, session.rejected, session.ended) == ({1}, {}, "")


def test_a_camera_that_is_started_again_begins_a_new_session(tmp_path: Path) -> None:
    path = tmp_path / "door.jsonl"
    for name in ("s1", "s2"):
        with CameraLog(path) as written:
            written.began(name)
            written.offered(1, Offer(100, 7))
            written.rejected(1, "empty")
            written.ended(CLOSED)
    sessions = list(camera_log.read(path))
    assert [session.session for session in sessions] == ["s1", "s2"]
    assert all(session.rejected == {1: "empty"} for session in sessions)
    assert all(session.ended == CLOSED for session in sessions)
