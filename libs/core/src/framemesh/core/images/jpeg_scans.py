"""Whether the scans of a JPEG tell all of its pixels.

A progressive JPEG sends coarse pixels first, and a decoder makes a picture of whatever came. A
program that closes such a file early leaves one that decodes without a word.
"""

from collections.abc import Sequence

_COEFFICIENTS = 64
"""Of a block of pixels in one component, from the mean to the finest detail."""

_NEVER = 0xFF
"""Bits that are still to come of a coefficient of which none came."""


def missing_scans(image: bytes, frame: int, scans: Sequence[int], *, progressive: bool) -> str:
    """What no scan tells, in one line; empty: nothing.

    Args:
        frame: index of the marker of the frame, which lists the components.
        scans: indexes of the lengths of the scans' headers.
    """
    components = [image[frame + 10 + 3 * at] for at in range(image[frame + 9])]
    left = {component: bytearray([_NEVER]) * _COEFFICIENTS for component in components}
    for at in scans:
        header = image[at : at + 2 + image[at + 2] * 2 + 4]
        _apply(header, left, progressive=progressive)
    parts = [str(place) for place, each in enumerate(components, 1) if any(left[each])]
    if not parts:
        return ""
    whose = "component" if len(parts) == 1 else "components"
    return f"scans of {whose} {', '.join(parts)} of {len(components)} are missing"


def _apply(header: bytes, left: dict[int, bytearray], *, progressive: bool) -> None:
    """Take note of what one scan tells."""
    count = header[2]
    first, last, low = 0, _COEFFICIENTS - 1, 0
    if progressive and len(header) > 5 + 2 * count:
        first, last, bits = header[3 + 2 * count : 6 + 2 * count]
        low = bits & 0x0F
    for component in header[3 : 3 + 2 * count : 2]:
        if component in left:
            told = left[component][first : last + 1]
            left[component][first : last + 1] = bytes([low]) * len(told)
