"""What a caller gives, checked in the call: what can never be sent is never taken."""

import math
import operator
import re
from collections.abc import Iterable
from typing import SupportsIndex

from framemesh.sdk.errors import BadFrame, InvalidArgument
from framemesh.tls.files import CertificateFault, TlsFiles

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PORT = re.compile(r"[0-9]{1,5}")
_RESOLVER = re.compile(r"[a-z][a-z0-9+.-]*:(?=/)|(dns|ipv4|ipv6|unix|unix-abstract|vsock|xds):")
"""Of a gRPC name that is more than host:port, which gRPC itself reads."""

INT64 = range(-(2**63), 2**63)

MAX_ADDRESSES = 64


def check_name(what: str, name: str) -> str:
    """Raises:
    InvalidArgument: it is not letters, digits, "-" and "_", 64 at most."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgument(f"{what} {name!r}: a name is 1 to 64 letters, digits, '-' and '_'")
    return name


def check_addresses(addresses: str | Iterable[str], of: str = "ingest") -> tuple[str, ...]:
    """One or several addresses, each once, in their order.

    Raises:
        InvalidArgument: there is none, or one is not host:port.
    """
    if not isinstance(addresses, Iterable) or isinstance(addresses, bytes):
        raise InvalidArgument(f"addresses of {of} are a text or a tuple, not {addresses!r}")
    given = addresses.split(",") if isinstance(addresses, str) else addresses
    checked = tuple(dict.fromkeys(_check_address(one, of) for one in given))
    if not 1 <= len(checked) <= MAX_ADDRESSES:
        raise InvalidArgument(f"give 1 to {MAX_ADDRESSES} addresses of {of}, not {len(checked)}")
    return checked


def _check_address(address: str, of: str) -> str:
    if isinstance(address, str):
        address = address.strip()
        host, _, port = address.rpartition(":")
        plain = host and _PORT.fullmatch(port) and 0 < int(port) < 65536
        if not re.search(r"\s", address) and (_RESOLVER.match(address) or plain):
            return address
    raise InvalidArgument(f"address {address!r}: give host:port of {of}, such as 127.0.0.1:7401")


def check_certificates(tls: TlsFiles) -> TlsFiles:
    """Raises:
    InvalidArgument: they are no files of certificates that fit together."""
    if not isinstance(tls, TlsFiles):
        raise InvalidArgument(f"tls is a TlsFiles, not {tls!r}")
    try:
        tls.read()
    except CertificateFault as fault:
        raise InvalidArgument(f"tls: {fault}") from fault
    return tls


def check_seconds(what: str, seconds: float) -> float:
    """Raises:
    InvalidArgument: it is not a number of seconds, 0 or more."""
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or math.isnan(seconds) or seconds < 0:
        raise InvalidArgument(f"{what} is a number of seconds, 0 or more, not {seconds!r}")
    return float(seconds)


def check_count(what: str, count: SupportsIndex, least: int, most: int | None = None) -> int:
    """Raises:
    InvalidArgument: it is no whole number, or not in this range."""
    number = _whole(count)
    if number is None or number < least or (most is not None and number > most):
        upper = "or more" if most is None else f"to {most}"
        raise InvalidArgument(f"{what} is a whole number, {least} {upper}, not {count!r}")
    return number


def check_captured(unix_nano: SupportsIndex) -> int:
    """Raises:
    BadFrame: it is no whole number of 64 bits."""
    number = _whole(unix_nano)
    if number is None or number not in INT64:
        raise BadFrame(
            "captured_unix_nano is a whole number of nanoseconds since 1970, as time.time_ns() "
            f"gives, not {unix_nano!r} of type {type(unix_nano).__name__}"
        )
    return number


def check_clock(unix_nano: SupportsIndex) -> int:
    """Raises:
    InvalidArgument: the clock of a camera gave no whole number of 64 bits."""
    number = _whole(unix_nano)
    if number is None or number not in INT64:
        raise InvalidArgument(
            "the clock of a camera gives a whole number of nanoseconds since 1970, as "
            f"time.time_ns does, not {unix_nano!r} of type {type(unix_nano).__name__}"
        )
    return number


def _whole(number: SupportsIndex) -> int | None:
    """As an int; None if it is not a whole number, such as a float or a bool."""
    if type(number).__name__ in ("bool", "bool_"):  # those of numpy are other types
        return None
    try:
        return operator.index(number)
    except TypeError:
        return None
