"""Where frames come from."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.cli.push.pushing import Plan
from framemesh.cli.push.sources import Images, SourceUnreadable, Video, open_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "c.webp", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "grey.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in (0, 100, 200):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    return path


def sent(plan: Plan) -> list[bytes]:
    return [frame.image for frame in plan.frames()]


def test_a_folder_gives_its_images_as_they_are_in_the_order_of_their_names(folder: Path) -> None:
    source = open_source(str(folder))
    assert source.length == 3
    assert list(source.images()) == [b"a.PNG", b"b.jpg", b"c.webp"]


def test_an_image_is_sent_as_it_is(folder: Path) -> None:
    assert list(open_source(str(folder / "b.jpg")).images()) == [b"b.jpg"]


def test_a_video_gives_jpegs_of_its_pictures(video: Path) -> None:
    source = open_source(str(video))
    levels = []
    for image in source.images():
        picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (48, 64, 3)
        levels.append(round(float(picture.mean()), -1))
    assert levels == [0, 100, 200]
    assert source.length == 3


@pytest.mark.parametrize(("name", "number"), [("webcam", 0), ("webcam:2", 2)])
def test_a_webcam_is_named_by_its_number(name: str, number: int) -> None:
    assert open_source(name) == Video(number)


def test_a_limit_ends_before_the_source_does(folder: Path) -> None:
    plan = Plan(open_source(str(folder)), fps=None, limit=2, loop=False)
    assert sent(plan) == [b"a.PNG", b"b.jpg"]
    assert plan.length == 2


def test_a_loop_begins_again_until_the_limit(folder: Path) -> None:
    plan = Plan(open_source(str(folder)), fps=None, limit=5, loop=True)
    assert sent(plan) == [b"a.PNG", b"b.jpg", b"c.webp", b"a.PNG", b"b.jpg"]
    assert plan.length == 5


def test_nobody_knows_how_long_an_endless_loop_is(folder: Path) -> None:
    assert Plan(open_source(str(folder)), fps=None, limit=None, loop=True).length is None


def test_an_empty_source_is_not_looped_for_ever() -> None:
    plan = Plan(Images(()), fps=None, limit=None, loop=True)
    with pytest.raises(SourceUnreadable, match="no frames"):
        sent(plan)
