"""Numbers that differ between callers and are the same whenever a caller asks again."""

import hashlib


def fraction(seed: int, *about: str | int) -> float:
    """In [0, 1): evenly spread over seeds, and fixed for a seed and what it is about."""
    text = ":".join(map(str, (seed, *about))).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest()) / float(1 << 56)
