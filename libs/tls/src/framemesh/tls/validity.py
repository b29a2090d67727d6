"""From when until when a certificate is valid, without a library for certificates."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

SEQUENCE, VERSION, UTC_TIME = 0x30, 0xA0, 0x17
"""Tags of DER (X.690)."""

END = b"-----END CERTIFICATE-----"


class Unreadable(ValueError):
    """It is no certificate in PEM format."""


@dataclass(frozen=True, slots=True)
class Validity:
    """In seconds since the Unix epoch."""

    start: float
    end: float


def validity(pem: bytes) -> Validity:
    """Of the first certificate in a file.

    Raises:
        Unreadable: there is none.
    """
    try:
        first = pem[pem.index(b"-----BEGIN CERTIFICATE-----") : pem.index(END) + len(END)]
        der = ssl.PEM_cert_to_DER_cert(first.decode("ascii"))
        ((_, certificate),) = _parts(der)
        ((_, signed), *_) = _parts(certificate)
        fields = [content for tag, content in _parts(signed) if tag != VERSION]
        # Serial number, algorithm, issuer, validity.
        start, end = (_seconds(tag, content) for tag, content in _parts(fields[3]))
    except (ValueError, IndexError) as error:
        raise Unreadable(f"no certificate in PEM format: {error}") from error
    return Validity(start, end)


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents of what stands one after the other."""
    at = 0
    while at < len(der):
        tag, size, start = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(der[start : start + count]), start + count
        yield tag, der[start : start + size]
        at = start + size


def _seconds(tag: int, content: bytes) -> float:
    text = content.decode("ascii")
    if tag == UTC_TIME:
        # RFC 5280: years of two digits are those from 1950 on.
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
