"""What a node has, as people read it."""

import pytest

from framemesh.core.resources import memory_text

GIB = 1024**3


@pytest.mark.parametrize(
    ("memory_bytes", "text"),
    [
        (0, "0 MiB"),
        (512 * 1024**2, "512 MiB"),
        (1023 * 1024**2, "1023 MiB"),
        (3 * GIB // 2, "1.5 GiB"),
        (1001 * GIB, "1001 GiB"),
        (1536 * GIB, "1.5 TiB"),
        (5000 * 1024 * GIB, "5000 TiB"),
    ],
)
def test_memory_is_told_without_exponents(memory_bytes: int, text: str) -> None:
    assert memory_text(memory_bytes) == text
