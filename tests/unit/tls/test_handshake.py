"""The try that tells why a connection fails leaves nothing open."""

import socket
import struct
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from framemesh.tls.handshake import tls_fault

TRIES = 50
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def resetting() -> Iterator[str]:
    """The address of a server that resets each connection, as one that is killed does."""
    with socket.create_server(("127.0.0.1", 0), backlog=TRIES) as server:

        def reset() -> None:
            while True:
                connection, _ = server.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()
                if stop.is_set():
                    return

        stop = threading.Event()
        thread = threading.Thread(target=reset)
        thread.start()
        host, port = server.getsockname()
        yield f"{host}:{port}"
        stop.set()
        socket.create_connection((host, port)).close()
        thread.join()


def test_a_server_that_is_killed_before_the_handshake_leaves_no_socket_open(
    resetting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unclosed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unclosed.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(TRIES):
            assert tls_fault(resetting, None) == ""
    assert not unclosed
