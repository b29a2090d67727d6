"""Whether Triton failed for want of memory, disk or the like, which may pass by itself."""

import re

_SCARCE = re.compile(
    r"out of memory|bad_alloc|cannot allocate memory|failed to allocate"
    r"|no space left|disk quota|too many open files"
    r"|address already in use|resource temporarily unavailable"
    # By the kernel, where memory, or that of /dev/shm, is used up.
    r"|killed by signal (7|9)\b",
    re.IGNORECASE,
)
"""As Linux, the C++ library, CUDA, onnxruntime and gRPC say it."""


def is_scarce(why: str) -> bool:
    """`why`: what a failed start, or a failed inference, says of itself."""
    return _SCARCE.search(why) is not None
