"""Images, folders and videos: everything readable is read, and what is missing is said."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.locations import locate
from framemesh.sources.messages import UnreadableFrame
from framemesh.sources.readers.open_reader import open_reader
from framemesh.sources.readers.picture import Picture
from framemesh.sources.readers.pixels import decoded, pixels_of
from framemesh.sources.readers.watched_folder import WatchedFolder
from tests.unit.sources.conftest import everything, grey_video, noise, pictures, without_tables

H264 = ("libx264", "-g", "10", "-bf", "0")


def encoded_video(path: Path, *options: str, frames: int = 60) -> Path:
    """A moving pattern, by Debian's ffmpeg."""
    if (ffmpeg := shutil.which("ffmpeg")) is None:
        pytest.skip("ffmpeg is not installed")
    subprocess.run(
        (ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=10",
         "-frames:v", str(frames), "-pix_fmt", "yuv420p", *options, str(path)),
        check=True,
    )  # fmt: skip
    return path


def level(picture: Picture) -> float:
    pixels = pixels_of(picture)
    assert pixels is not None
    return round(float(pixels.mean()), -1)


def test_a_folder_gives_its_images_as_they_are_in_the_order_of_their_names(folder: Path) -> None:
    (folder / "more.jpg").mkdir()
    reader = open_reader(locate(str(folder)))
    assert reader.opened.length == 3
    assert reader.opened.left_out == ("more.jpg/", "notes.txt")
    assert [one.encoded for one in pictures(reader)] == [b"a.PNG", b"b.jpg", b"c.webp"]


def test_one_entry_that_cannot_be_read_costs_no_other(folder: Path) -> None:
    (folder / "bad.jpg").symlink_to(folder / "nowhere")
    (folder / "cut.mp4").write_bytes(b"no video")
    grey_video(folder / "z.avi", (0, 100))
    items = everything(open_reader(locate(str(folder))))
    assert [str(one.reason) for one in items if isinstance(one, UnreadableFrame)] == [
        f"cannot read {folder / 'bad.jpg'}: no such file or directory",
        "cut.mp4 is no video that FFmpeg reads, and no image",
    ]
    assert sum(isinstance(one, Picture) for one in items) == 5


def test_a_folder_without_images_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"looked for .*\.jpg"):
        open_reader(locate(str(tmp_path)))


def test_jpegs_of_a_video_are_passed_on_and_not_encoded_anew(video: Path) -> None:
    reader = open_reader(locate(str(video)))
    assert reader.opened.length == 3
    found = pictures(reader)
    assert all((one.encoded or b"").startswith(b"\xff\xd8\xff") for one in found)
    assert [level(one) for one in found] == [0, 100, 200]
    assert [one.name for one in found] == [f"grey.avi frame {n}" for n in (1, 2, 3)]
    assert [one.seconds for one in found] == pytest.approx([0, 0.1, 0.2])
    assert reader.shortfall == ""


def test_a_video_begins_where_it_is_told_to(tmp_path: Path) -> None:
    path = encoded_video(tmp_path / "v.mp4", "-c:v", *H264)
    reader = open_reader(replace(locate(str(path)), start_seconds=3.25))
    found = pictures(reader)
    assert [one.seconds for one in found][:2] == pytest.approx([3.3, 3.4])
    assert len(found) == 27
    assert reader.shortfall == ""


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_video_that_is_cut_off_gives_what_it_has_and_says_what_is_missing(
    tmp_path: Path, share: float
) -> None:
    whole = encoded_video(tmp_path / "v.mp4", "-c:v", *H264, "-movflags", "+faststart")
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * share)])
    reader = open_reader(locate(str(whole)))
    found = pictures(reader)
    assert 0 < len(found) < 60
    assert f"declares 60 frames, and only {len(found)}" in reader.shortfall


def test_damage_in_the_middle_costs_only_what_it_hit(tmp_path: Path) -> None:
    path = encoded_video(tmp_path / "v.mp4", "-c:v", *H264)
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    middle = begin + (content.index(b"moov") - begin) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    reader = open_reader(locate(str(path)))
    found = pictures(reader)
    assert 40 <= len(found) < 60 or reader.damaged
    assert found[-1].seconds == pytest.approx(5.9)
    assert reader.shortfall


def test_pictures_of_a_webcam_get_the_tables_that_they_lack(tmp_path: Path) -> None:
    """A recorded byte stream of one, as v4l2 gives it."""
    jpegs = [cv2.imencode(".jpg", noise(64, 48) // n)[1].tobytes() for n in (1, 2, 3)]
    recorded = tmp_path / "webcam.mjpg"
    recorded.write_bytes(b"".join(without_tables(each) for each in jpegs))
    found = pictures(open_reader(replace(locate(str(recorded)), format="mjpeg")))
    assert len(found) == 3
    for picture, jpeg in zip(found, jpegs, strict=True):
        seen, expected = decoded(picture.encoded or b""), decoded(jpeg)
        assert seen is not None
        assert expected is not None
        assert np.array_equal(seen, expected)


def test_a_sound_video_lacks_nothing(tmp_path: Path) -> None:
    for name, options in (
        ("b.mp4", ("-c:v", "libx264", "-bf", "3")),
        ("h.mkv", ("-c:v", "libx264")),
        ("m.webm", ("-c:v", "libvpx", "-b:v", "200k")),
        ("t.ts", ("-c:v", "libx264")),
        ("v.mov", ("-c:v", "mjpeg")),
    ):
        reader = open_reader(locate(str(encoded_video(tmp_path / name, *options, frames=30))))
        assert len(pictures(reader)) == 30, name
        assert reader.shortfall == "", name


def test_a_video_of_a_phone_stands_upright(tmp_path: Path) -> None:
    plain = encoded_video(tmp_path / "plain.mp4", "-c:v", "libx264", frames=3)
    turned = tmp_path / "turned.mp4"
    with av.open(str(plain)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(-90)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    (first, *_), (upright, *_) = (pictures(open_reader(locate(str(p)))) for p in (plain, turned))
    before, after = pixels_of(first), pixels_of(upright)
    assert before is not None
    assert after is not None
    assert after.shape == (128, 96, 3)
    assert np.array_equal(after, cv2.rotate(before, cv2.ROTATE_90_CLOCKWISE))


def test_what_holds_no_video_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(b"just words" * 1000)
    with pytest.raises(SourceUnreadable, match=r"notes\.mp4 is no video that FFmpeg reads"):
        open_reader(locate(str(path)))


def test_a_watched_folder_gives_each_image_once_and_when_it_is_complete(tmp_path: Path) -> None:
    def look() -> list[str]:
        return [path.name for path in watched._complete()]

    watched = WatchedFolder(tmp_path)
    (tmp_path / "1.jpg").write_bytes(b"half")
    (tmp_path / "2.txt").write_bytes(b"words")
    assert look() == []
    (tmp_path / "1.jpg").write_bytes(b"half and half")
    assert look() == []
    assert look() == ["1.jpg"]
    assert look() == []
    (tmp_path / "1.jpg").write_bytes(b"another one")
    (tmp_path / "3.jpg").touch()
    assert look() == []
    assert look() == ["1.jpg"]
    (tmp_path / "1.jpg").unlink()
    assert look() == []
    assert watched._given == {}
