"""Runs of numbers in few bytes: a session that saw a thousand frames in order takes three."""

from collections.abc import Iterable, Iterator

Runs = tuple[tuple[int, int], ...]
"""First and last number of each run, both included, ascending."""


def pack(runs: Iterable[tuple[int, int]]) -> bytes:
    """Of each run its distance from the end of the one before, then its last less its first number;
    both as varints: seven bits a byte, the lowest first, and the eighth says that more follow."""
    packed = bytearray()
    end = 0
    for first, last in runs:
        _append(packed, first - end)
        _append(packed, last - first)
        end = last
    return bytes(packed)


def unpack(packed: bytes) -> Runs:
    """The inverse of `pack`.

    Raises:
        ValueError: `pack` does not write this.
    """
    numbers = _numbers(packed)
    runs: list[tuple[int, int]] = []
    end = 0
    for distance in numbers:
        length = next(numbers, None)
        if length is None:
            raise ValueError("a run without an end")
        runs.append((end + distance, end + distance + length))
        end = runs[-1][1]
    return tuple(runs)


def _append(packed: bytearray, number: int) -> None:
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("a number without an end")
