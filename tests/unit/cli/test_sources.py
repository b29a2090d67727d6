"""Where frames come from."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.cli.common.files import FileUnreadable
from framemesh.cli.push.image_files import Images
from framemesh.cli.push.image_source import (
    ImageSource,
    SourceImage,
    SourceUnreadable,
    UnreadableImage,
)
from framemesh.cli.push.open_source import open_source
from framemesh.cli.push.plan import CapturedFrame, Plan
from framemesh.cli.push.video import Video, without_password


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


def encoded(source: ImageSource) -> list[bytes]:
    return [item.encoded for item in source.items() if isinstance(item, SourceImage)]


def sent(plan: Plan) -> list[bytes]:
    return [frame.image for frame in plan.frames() if isinstance(frame, CapturedFrame)]


def test_a_folder_gives_its_images_as_they_are_in_the_order_of_their_names(folder: Path) -> None:
    source = open_source(str(folder))
    assert source.length == 3
    assert encoded(source) == [b"a.PNG", b"b.jpg", b"c.webp"]


def test_an_image_is_sent_as_it_is(folder: Path) -> None:
    assert encoded(open_source(str(folder / "b.jpg"))) == [b"b.jpg"]


def test_a_video_gives_jpegs_of_its_pictures(video: Path) -> None:
    source = open_source(str(video))
    levels = []
    for image in encoded(source):
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


def test_frames_are_named_by_their_file_or_by_their_place_in_a_video(
    folder: Path, video: Path
) -> None:
    def names(source: ImageSource) -> list[str]:
        return [item.name for item in source.items() if isinstance(item, SourceImage)]

    assert names(open_source(str(folder))) == [
        str(folder / name) for name in ("a.PNG", "b.jpg", "c.webp")
    ]
    assert names(open_source(str(video))) == [f"grey.avi frame {n}" for n in (1, 2, 3)]


def test_a_video_named_by_its_time_is_a_file_and_no_protocol(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = video.rename(video.with_name("2024-05-01T12:30:00.avi"))
    monkeypatch.chdir(recording.parent)
    assert len(encoded(open_source(recording.name))) == 3


def test_an_image_that_cannot_be_read_costs_no_other(folder: Path) -> None:
    (folder / "bad.jpg").symlink_to(folder / "nowhere")
    items = list(Plan(open_source(str(folder)), fps=None, limit=None, loop=False).frames())
    unreadable = [item for item in items if isinstance(item, UnreadableImage)]
    assert len(items) - len(unreadable) == 3
    assert [str(one.error) for one in unreadable] == [
        f"cannot read {folder / 'bad.jpg'}: no such file or directory"
    ]


def test_a_folder_of_which_nothing_can_be_read_fails_with_the_first_error(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").symlink_to(tmp_path / "nowhere")
    plan = Plan(open_source(str(tmp_path)), fps=None, limit=None, loop=True)
    with pytest.raises(FileUnreadable, match=r"bad\.jpg"):
        sent(plan)


def test_a_folder_tells_what_it_leaves_out(folder: Path) -> None:
    (folder / "more.jpg").mkdir()
    assert open_source(str(folder)).left_out == (folder / "more.jpg", folder / "notes.txt")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:S3cret@10.0.0.7:554/s", "rtsp://admin:***@10.0.0.7:554/s"),
        ("rtsp://admin:S3c@ret/@10.0.0.7/s", "rtsp://admin:***@10.0.0.7/s"),
        ("rtsp://:S3cret@10.0.0.7/s", "rtsp://:***@10.0.0.7/s"),
        ("rtsp://10.0.0.7:554/s", "rtsp://10.0.0.7:554/s"),
        ("clip.mp4", "clip.mp4"),
    ],
)
def test_the_password_of_a_url_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
