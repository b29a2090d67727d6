"""A frame as the SDK keeps it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame with its number, kept until ingest answers it."""

    sequence: int
    captured_unix_nano: int
    image: bytes
    crc32: int
    """CRC-32 (that of zlib) of the image, by which a worker knows it for undamaged."""
    withheld_bytes: int = 0
    """Size of an image that is larger than ingest takes, and so stays here."""

    def within(self, max_frame_bytes: int) -> "OfferedFrame":
        """This frame, without its image if that is too large."""
        if len(self.image) <= max_frame_bytes:
            return self
        return replace(self, image=b"", withheld_bytes=len(self.image))
