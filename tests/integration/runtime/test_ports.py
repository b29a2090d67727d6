import socket

import pytest

from framemesh.runtime.processes import ports
from framemesh.runtime.processes.ports import free_block, is_free
from framemesh.runtime.rpc.health import grpc_serving
from framemesh.runtime.rpc.server import grpc_server


def test_a_port_is_free_until_something_listens_there() -> None:
    port = free_block(1)
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_block_is_looked_for_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(OSError, match="no 5 free ports"):
        free_block(5)


async def test_a_server_serves_when_it_says_so() -> None:
    async with grpc_server("127.0.0.1:0", []) as server:
        address = f"127.0.0.1:{server.port}"
        assert not await grpc_serving(address)
        await server.set_serving(True)
        assert await grpc_serving(address)
    assert not await grpc_serving(address)
