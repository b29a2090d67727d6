"""Which frames of a push are sent as they are, and how others are encoded."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.cli.push.encoding import Encoding, ImageFormat, NotEncodable
from framemesh.cli.push.image_source import SourceImage, UnreadableImage
from framemesh.cli.push.open_source import open_source
from framemesh.core.images.check import check_image

AS_IT_IS = Encoding()
JPEG, PNG = Encoding(ImageFormat.JPEG), Encoding(ImageFormat.PNG)
OF_60 = Encoding(quality=60)

SUFFIXES = (".jpg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm")


def noise(width: int = 40, height: int = 24) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One image of each kind."""
    for suffix in SUFFIXES:
        file = tmp_path / f"image{suffix}"
        if suffix == ".jpe":
            file.write_bytes(cv2.imencode(".jpg", noise())[1].tobytes())
        else:
            assert cv2.imwrite(str(file), noise())
    return tmp_path


def only(path: Path, encoding: Encoding) -> SourceImage:
    (item,) = open_source(str(path), encoding).items()
    assert isinstance(item, SourceImage)
    return item


def pixels(encoded: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_a_folder_gives_an_image_of_every_kind(folder: Path) -> None:
    source = open_source(str(folder))
    assert source.left_out == ()
    items = [item for item in source.items() if isinstance(item, SourceImage)]
    assert len(items) == len(SUFFIXES)
    for item in items:
        assert item.is_original == (Path(item.name).suffix in {".jpg", ".jpe", ".png", ".webp"})


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("encoding", [AS_IT_IS, JPEG, PNG, OF_60], ids=str)
def test_ingest_takes_whatever_is_sent(folder: Path, suffix: str, encoding: Encoding) -> None:
    encoded = only(folder / f"image{suffix}", encoding).encoded
    check_image(encoded)
    assert pixels(encoded).shape == (24, 40, 3)


@pytest.mark.parametrize(
    ("suffix", "encoding", "kept"),
    [
        (".jpg", AS_IT_IS, True),
        (".jpg", JPEG, True),
        (".jpg", PNG, False),
        (".jpg", OF_60, False),
        (".jpe", AS_IT_IS, True),
        (".png", AS_IT_IS, True),
        (".png", JPEG, False),
        (".png", PNG, True),
        (".png", OF_60, True),
        (".webp", AS_IT_IS, True),
        (".webp", JPEG, False),
        (".webp", PNG, False),
        (".bmp", AS_IT_IS, False),
        (".tif", PNG, False),
    ],
)
def test_what_needs_no_change_is_sent_byte_for_byte(
    folder: Path, suffix: str, encoding: Encoding, kept: bool
) -> None:
    file = folder / f"image{suffix}"
    item = only(file, encoding)
    assert item.is_original is kept
    assert (item.encoded == file.read_bytes()) is kept


@pytest.mark.parametrize("suffix", [".bmp", ".tif", ".png", ".ppm"])
def test_png_keeps_every_pixel(folder: Path, suffix: str) -> None:
    assert np.array_equal(pixels(only(folder / f"image{suffix}", PNG).encoded), noise())


def test_a_lower_quality_makes_smaller_jpegs(folder: Path) -> None:
    file = folder / "image.bmp"
    sizes = [len(only(file, Encoding(quality=quality)).encoded) for quality in (30, 60, 90)]
    assert sizes == sorted(set(sizes))
    assert len(only(file, AS_IT_IS).encoded) == sizes[-1]


def test_a_video_is_sent_in_the_format_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "noise.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    writer.write(noise(64, 48))
    writer.release()
    assert only(path, PNG).encoded.startswith(b"\x89PNG")
    assert len(only(path, OF_60).encoded) < len(only(path, AS_IT_IS).encoded)


def test_what_is_encoded_anew_stands_upright(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    jpeg = cv2.imencode(".jpg", noise())[1].tobytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "turned.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])
    assert pixels(only(tmp_path / "turned.jpg", PNG).encoded).shape == (40, 24, 3)


@pytest.mark.parametrize("content", [b"", b"no image", b"BM", b"\xff\xd8\xff"])
@pytest.mark.parametrize("encoding", [AS_IT_IS, PNG], ids=str)
def test_what_nobody_can_decode_is_left_to_ingest(
    tmp_path: Path, content: bytes, encoding: Encoding
) -> None:
    (tmp_path / "bad.bmp").write_bytes(content)
    assert only(tmp_path / "bad.bmp", encoding) == SourceImage(str(tmp_path / "bad.bmp"), content)


def test_what_fits_no_jpeg_is_named_and_costs_no_other(tmp_path: Path) -> None:
    for name, width in (("a.ppm", 70_000), ("b.ppm", 70)):
        (tmp_path / name).write_bytes(b"P6 %d 1 255\n" % width + bytes(3 * width))
    wide, small = open_source(str(tmp_path)).items()
    assert isinstance(small, SourceImage)
    assert isinstance(wide, UnreadableImage)
    said = "70000x1 pixels cannot be encoded as JPEG of quality 90"
    assert str(wide.error) == f"{tmp_path / 'a.ppm'}: {said}"


def test_png_has_no_quality() -> None:
    with pytest.raises(NotEncodable, match="leave out --quality"):
        Encoding(ImageFormat.PNG, 80)
