"""Compact encoding of runs of numbers: a session of a thousand frames in order takes 3 bytes."""

from collections.abc import Iterable, Iterator

Runs = tuple[tuple[int, int], ...]
"""First and last number of each run, both included, ascending."""


def pack(runs: Iterable[tuple[int, int]]) -> bytes:
    """For each run: the distance from the end of the previous run, then last minus first, both as
    varints (7 bits a byte, lowest first; the eighth bit says that more follow)."""
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
        ValueError: `packed` is not an output of `pack`.
    """
    numbers = _numbers(packed)
    runs: list[tuple[int, int]] = []
    end = 0
    for distance in numbers:
        length = next(numbers, None)
        if length is None:
            raise ValueError("the last run has no length")
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
        raise ValueError("the last number is cut off")
