"""What cameras send: MJPEG over HTTP, JPEGs without tables; the test pattern; the motion gate."""

import io

import cv2
import numpy as np
import pytest

from framemesh.sources.encoding import AS_IT_IS, LEAST_QUALITY, Encoding, ImageFormat
from framemesh.sources.errors import SourceFailed
from framemesh.sources.messages import Alive, Ended, EndKind, Opened, SourceFrame, UnreadableFrame
from framemesh.sources.motion import MotionGate
from framemesh.sources.pattern import draw, read_truth
from framemesh.sources.readers.jpeg_tables import STANDARD_TABLES, with_tables
from framemesh.sources.readers.multipart import parts
from framemesh.sources.readers.pixels import decoded
from framemesh.sources.spec import Hardware, Kind, SourceSpec, Transport
from framemesh.sources.wire import (
    HEADER,
    decode,
    decode_spec,
    encode,
    encode_spec,
    wish,
    wished_quality,
)
from tests.unit.sources.conftest import noise, without_tables

JPEG = cv2.imencode(".jpg", noise())[1].tobytes()


def test_a_jpeg_without_huffman_tables_is_completed() -> None:
    bare = without_tables(JPEG)
    assert b"\xff\xc4" not in bare[: bare.index(b"\xff\xda")]
    completed = with_tables(bare)
    picture, expected = decoded(completed), decoded(JPEG)
    assert picture is not None
    assert expected is not None
    assert np.array_equal(picture, expected)
    assert len(completed) == len(bare) + len(STANDARD_TABLES)


@pytest.mark.parametrize("content", [JPEG, b"", b"no image", JPEG[:100], b"\xff\xd8\xff\xda"])
def test_what_needs_no_tables_is_left_as_it_is(content: bytes) -> None:
    assert with_tables(content) == content


def multipart(*bodies: bytes, boundary: str = "--frame", length: bool = True) -> io.BytesIO:
    said = b""
    for body in bodies:
        headers = b"Content-Type: image/jpeg\r\n"
        headers += b"Content-Length: %d\r\n" % len(body) if length else b""
        said += boundary.encode() + b"\r\n" + headers + b"\r\n" + body + b"\r\n"
    return io.BytesIO(said)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("boundary", ["frame", "--frame", '"frame"'])
def test_pictures_are_found_however_a_camera_marks_them(boundary: str, length: bool) -> None:
    bodies = [JPEG, b"\xff\xd8 with\r\nlines\r\n in it\r\n\xff\xd9", JPEG]
    stream = multipart(*bodies, length=length)
    stream.seek(0, io.SEEK_END)
    stream.write(b"--frame--\r\n")
    stream.seek(0)
    assert list(parts(stream, boundary, "camera")) == bodies


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_that_ends_in_the_middle_of_a_picture_says_so(length: bool) -> None:
    whole = multipart(JPEG, JPEG, length=length).getvalue()
    found = parts(io.BytesIO(whole[:-100]), "frame", "camera")
    assert next(found) == JPEG
    with pytest.raises(SourceFailed, match="closed the connection within a picture"):
        list(found)


def test_bytes_without_end_are_not_kept() -> None:
    class Endless:
        def readline(self, limit: int = -1, /) -> bytes:
            return b"x" * limit

        def read(self, amount: int, /) -> bytes:
            return b"x" * amount

    with pytest.raises(SourceFailed, match="without a boundary"):
        list(parts(Endless(), "frame", "camera"))


@pytest.mark.parametrize(("width", "height"), [(64, 64), (640, 480), (1920, 1080)])
@pytest.mark.parametrize("quality", [50, 90])
def test_a_picture_of_the_pattern_tells_which_one_it_is(
    width: int, height: int, quality: int
) -> None:
    drawn = draw(1234, 1_700_000_000_123_456_789, width, height)
    jpeg = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
    truth = read_truth(seen)
    assert truth is not None
    assert (truth.number, truth.captured_unix_nano) == (1234, 1_700_000_000_123_456_789)
    left, top, right, bottom = truth.box
    assert seen[(top + bottom) // 2, (left + right) // 2].argmax() == 2


def test_what_is_no_pattern_tells_nothing() -> None:
    assert read_truth(noise(640, 480)) is None
    assert read_truth(noise(8, 8)) is None


def test_only_pictures_with_motion_pass_and_slow_motion_adds_up() -> None:
    gate = MotionGate(0.01)
    still = np.full((480, 640, 3), 90, np.uint8)
    assert gate.passes(still)
    grain = np.random.default_rng(7).integers(-8, 9, still.shape)
    assert not gate.passes((still + grain).astype(np.uint8))
    passed = []
    for n in range(64):
        # Something bright comes in by one pixel a picture.
        moved = still.copy()
        moved[:240, :n] = 250
        passed.append(gate.passes(moved))
    assert 2 < sum(passed) < 32


def test_without_a_share_all_pass() -> None:
    gate = MotionGate(0.0)
    assert all(gate.passes(np.zeros((48, 64, 3), np.uint8)) for _ in range(3))


@pytest.mark.parametrize(
    "message",
    [
        Opened(live=False, length=3, description="x", left_out=("a", "b/")),
        SourceFrame(3, "n", b"image", 17, is_original=True, progress=0.5),
        UnreadableFrame("no"),
        Alive(5, 4, 3, 2, 1.5),
        Ended(EndKind.TIMEOUT, "why", permanent=True, shortfall="2 frames"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_arrives_as_it_was_sent(message: SourceFrame) -> None:
    sent = encode(message)
    text, image = HEADER.unpack(sent[: HEADER.size])
    body = sent[HEADER.size :]
    assert len(body) == text + image
    assert decode(body[:text], body[text:]) == message


def test_a_specification_arrives_as_it_was_sent() -> None:
    spec = SourceSpec(
        Kind.STREAM, "rtsp://h/s", user="u", password="p", transport=Transport.UDP,  # noqa: S106
        hardware=Hardware.AUTO, webcam_size=(640, 480), motion=0.1,
    )  # fmt: skip
    assert decode_spec(encode_spec(spec)[HEADER.size :]) == spec


def test_wishes_say_how_many_frames_and_of_which_quality() -> None:
    wishes = wish(1.0) + wish(0.0) + wish(0.55)
    assert (len(wishes), wished_quality(wishes)) == (3, 0.55)


def test_a_lower_quality_encodes_jpegs_again_and_leaves_png_as_it_is() -> None:
    assert AS_IT_IS.lowered(1.0).keeps(JPEG)
    assert not AS_IT_IS.lowered(0.5).keeps(JPEG)
    assert Encoding(quality=80).lowered(0.5).jpeg_quality == 40
    assert AS_IT_IS.lowered(0.0).jpeg_quality == LEAST_QUALITY
    png = Encoding(ImageFormat.PNG)
    assert png.lowered(0.5) == png
