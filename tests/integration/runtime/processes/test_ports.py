import socket

import pytest

from framemesh.runtime.processes import ports
from framemesh.runtime.processes.ports import NoFreePorts, free_block, is_free
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
    with pytest.raises(NoFreePorts, match="no 5 free ports"):
        free_block(5)


def test_a_block_is_of_the_range_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    monkeypatch.setenv("FRAMEMESH_FREE_PORTS", "20000-20003")
    assert {free_block(3) for _ in range(100)} == {20000, 20001}


@pytest.mark.parametrize(
    "chosen", ["", "20000", "a-b", "20003-20000", "20000-20001", "65534-65536"]
)
def test_a_range_without_room_is_said(chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_FREE_PORTS", chosen)
    with pytest.raises(NoFreePorts, match="FRAMEMESH_FREE_PORTS"):
        free_block(3)


async def test_a_server_serves_when_it_says_so() -> None:
    async with grpc_server("127.0.0.1:0", []) as server:
        address = f"127.0.0.1:{server.port}"
        assert not await grpc_serving(address)
        await server.set_serving(True)
        assert await grpc_serving(address)
    assert not await grpc_serving(address)
