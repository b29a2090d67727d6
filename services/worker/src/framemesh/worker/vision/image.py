"""The image of a frame, decoded when its pixels are first needed."""

from isal import isal_zlib

from framemesh.core.images import errors
from framemesh.core.images.check import MAX_PIXELS, check_image
from framemesh.core.images.errors import BadImage
from framemesh.core.images.header import ImageHeader
from framemesh.vision.arrays import Pixels
from framemesh.worker.errors import Corrupt, Damaged, TooSlowToDecode, Undecodable
from framemesh.worker.vision.decoding import decode

BASE_CPU_SECONDS = 0.5
"""To decode any image: a hundred times what a usual one takes."""

CPU_SECONDS_PER_PIXEL = 100e-9
"""Beside that: twice what the slowest kind takes, a PNG of 16 bits, and ten times a JPEG."""


class FrameImage:
    """The encoded bytes of one frame and, once decoded, its pixels.

    Its header is read at once, in microseconds. Decoding takes milliseconds: ask in a thread. An
    EXIF orientation is applied, as browsers and OpenCV do by default, so a box lies on the image
    that people see.
    """

    def __init__(
        self,
        image: bytes,
        crc32: int | None = None,
        max_pixels: int = MAX_PIXELS,
        *,
        refuse_damaged: bool = False,
    ) -> None:
        """
        Args:
            crc32: of the image as its camera made it; None: not known.
            refuse_damaged: whether an image with damaged pixels is an error.
        """
        self._image = image
        self._crc32 = crc32
        self._header = _header_or_error(image, max_pixels)
        self._refuse_damaged = refuse_damaged
        self._pixels: Pixels | None = None
        self.damage = ""
        """What the decoder says is damaged; empty if it says nothing, or until it is decoded."""
        self.width = 0
        self.height = 0
        """In pixels, with the orientation applied; 0 until it is decoded."""

    @property
    def decoded_bytes(self) -> int:
        """Size of its pixels as its header declares it; 0 if the header is no image's."""
        return 3 * self._declared_pixels

    @property
    def decode_cpu_seconds(self) -> float:
        """What decoding it may take of a thread's CPU time."""
        return BASE_CPU_SECONDS + CPU_SECONDS_PER_PIXEL * self._declared_pixels

    @property
    def _declared_pixels(self) -> int:
        return self._header.pixels if isinstance(self._header, ImageHeader) else 0

    @property
    def pixels(self) -> Pixels:
        """The decoded image.

        Raises:
            Corrupt: the bytes are not those that the camera sent.
            TooSlowToDecode: they would take longer than a frame may.
            Damaged: some of them are lost, and that is to be refused.
            Undecodable: they are no image, or one of too many pixels.
        """
        if self._pixels is None:
            self._pixels = self._decode()
            self.height, self.width = self._pixels.shape[:2]
        return self._pixels

    def release_pixels(self) -> None:
        """Free the memory of the pixels, once no stage needs them any more."""
        self._pixels = None

    def _decode(self) -> Pixels:
        # For 80 KB isal's takes 9 us, zlib's 34.
        if self._crc32 is not None and isal_zlib.crc32(self._image) != self._crc32:
            raise Corrupt(f"its {len(self._image)} bytes are not those that its camera sent")
        # OpenCV would allocate whatever size the header declares.
        match self._header:
            case errors.TooSlowToDecode() as error:
                raise TooSlowToDecode(str(error)) from error
            case BadImage() as error:
                raise Undecodable(str(error)) from error
            case header:
                return self._decoded(header)

    def _decoded(self, header: ImageHeader) -> Pixels:
        found = decode(self._image, header)
        if found.damage and self._refuse_damaged:
            raise Damaged(found.damage)
        self.damage = found.damage
        return found.pixels


def _header_or_error(image: bytes, max_pixels: int) -> ImageHeader | BadImage:
    try:
        return check_image(image, max_pixels)
    except BadImage as error:
        return error
