"""Which frames are sent as they are, and how others are encoded."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.core.images.check import check_image
from framemesh.sources.encoding import AS_IT_IS, Encoding, ImageFormat, NotEncodable
from framemesh.sources.readers.image_file import read_image
from framemesh.sources.readers.picture import Picture
from framemesh.sources.readers.pixels import to_send
from framemesh.sources.spec import Kind, SourceSpec
from tests.unit.sources.conftest import noise

JPEG, PNG = Encoding(ImageFormat.JPEG), Encoding(ImageFormat.PNG)
OF_60 = Encoding(quality=60)

SUFFIXES = (".jpg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm")


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


def spec(encoding: Encoding) -> SourceSpec:
    return SourceSpec(Kind.FILE, "image", encoding=encoding)


def sent(path: Path, encoding: Encoding) -> tuple[bytes, bool]:
    picture = read_image(path)
    assert isinstance(picture, Picture)
    return to_send(picture, spec(encoding))


def pixels(encoded: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("encoding", [AS_IT_IS, JPEG, PNG, OF_60], ids=str)
def test_ingest_takes_whatever_is_sent(folder: Path, suffix: str, encoding: Encoding) -> None:
    encoded, _ = sent(folder / f"image{suffix}", encoding)
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
    encoded, is_original = sent(file, encoding)
    assert is_original is kept
    assert (encoded == file.read_bytes()) is kept


@pytest.mark.parametrize("suffix", [".bmp", ".tif", ".png", ".ppm"])
def test_png_keeps_every_pixel(folder: Path, suffix: str) -> None:
    assert np.array_equal(pixels(sent(folder / f"image{suffix}", PNG)[0]), noise())


def test_a_lower_quality_makes_smaller_jpegs(folder: Path) -> None:
    file = folder / "image.bmp"
    sizes = [len(sent(file, Encoding(quality=quality))[0]) for quality in (30, 60, 90)]
    assert sizes == sorted(set(sizes))
    assert len(sent(file, AS_IT_IS)[0]) == sizes[-1]


@pytest.mark.parametrize(
    ("width", "height", "size"), [(20, 0, (12, 20)), (0, 6, (6, 10)), (20, 6, (6, 10))]
)
def test_a_larger_picture_becomes_smaller_with_its_proportions(
    folder: Path, width: int, height: int, size: tuple[int, int]
) -> None:
    picture = read_image(folder / "image.jpg")
    assert isinstance(picture, Picture)
    bounded = replace(spec(AS_IT_IS), max_width=width, max_height=height)
    encoded, is_original = to_send(picture, bounded)
    assert pixels(encoded).shape[:2] == size
    assert not is_original


def test_what_is_small_enough_is_sent_as_it_is(folder: Path) -> None:
    picture = read_image(folder / "image.jpg")
    assert isinstance(picture, Picture)
    assert to_send(picture, replace(spec(AS_IT_IS), max_width=40))[1]


def test_what_is_encoded_anew_stands_upright(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    jpeg = cv2.imencode(".jpg", noise())[1].tobytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "turned.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])
    assert pixels(sent(tmp_path / "turned.jpg", PNG)[0]).shape == (40, 24, 3)


@pytest.mark.parametrize("content", [b"", b"no image", b"BM", b"\xff\xd8\xff"])
@pytest.mark.parametrize("encoding", [AS_IT_IS, PNG], ids=str)
def test_what_nobody_can_decode_is_left_to_ingest(
    tmp_path: Path, content: bytes, encoding: Encoding
) -> None:
    (tmp_path / "bad.bmp").write_bytes(content)
    assert sent(tmp_path / "bad.bmp", encoding) == (content, True)


def test_what_fits_no_jpeg_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6 70000 1 255\n" + bytes(3 * 70_000))
    with pytest.raises(NotEncodable, match="70000x1 pixels cannot be encoded as JPEG of quality"):
        sent(tmp_path / "a.ppm", AS_IT_IS)


def test_png_has_no_quality() -> None:
    with pytest.raises(NotEncodable, match="leave out --quality"):
        Encoding(ImageFormat.PNG, 80)
