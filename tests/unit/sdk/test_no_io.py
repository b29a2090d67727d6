"""The core of the SDK is one for both faces because it has no I/O of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from framemesh.sdk.session import core

FORBIDDEN = (
    "asyncio",
    "threading",
    "socket",
    "grpc.aio",
    "framemesh.api",
    "framemesh.sdk.transport",
)
FILES = sorted(Path(core.__file__).parent.rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_core_imports_no_thread_no_loop_no_socket_and_no_stub(file: Path) -> None:
    for name in imported(file):
        assert not any(name == one or name.startswith(f"{one}.") for one in FORBIDDEN), name
