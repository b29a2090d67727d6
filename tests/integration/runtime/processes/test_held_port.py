"""A port that is held for servers that share it."""

import socket
from contextlib import ExitStack

import pytest

from framemesh.runtime.processes.held_port import held_port
from framemesh.runtime.processes.ports import AddressTaken, is_free


def listening(address: str, *, shared: bool) -> socket.socket:
    host, _, port = address.rpartition(":")
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        server.bind((host, int(port)))
        server.listen()
    except OSError:
        server.close()
        raise
    return server


def test_servers_that_share_it_listen_and_nobody_else() -> None:
    with held_port("127.0.0.1:0") as address, ExitStack() as opened:
        port = int(address.rpartition(":")[2])

        def is_refused() -> None:
            assert not is_free(port)
            with pytest.raises(OSError, match="already in use"):
                listening(address, shared=False)
            with pytest.raises(AddressTaken, match=f"cannot listen on {address}: is it taken?"):
                opened.enter_context(held_port(address))

        is_refused()
        first = opened.enter_context(listening(address, shared=True))
        opened.enter_context(listening(address, shared=True))
        is_refused()
        # Whoever holds it does not listen: each connection is one of theirs.
        first.settimeout(0.0)
        for _ in range(64):
            opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        with first.accept()[0]:
            pass
    assert is_free(port)


def test_it_is_there_again_as_soon_as_servers_have_ended() -> None:
    with held_port("127.0.0.1:0") as address, listening(address, shared=True) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        # The server's end is in TIME_WAIT now.
        accepted.close()
        client.close()
    with held_port(address):
        pass


def test_a_port_that_somebody_listens_on_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(AddressTaken), held_port(address):
            pass
