"""What a server that listens everywhere is called."""

import socket

import pytest

from framemesh.runtime.rpc.reachable_address import reachable_address


@pytest.mark.parametrize("listen", ["0.0.0.0:7402", "[::]:7402", ":7402"])
def test_a_server_on_all_addresses_has_the_name_of_its_host(listen: str) -> None:
    assert reachable_address(listen) == f"{socket.gethostname()}:7402"


@pytest.mark.parametrize("listen", ["10.0.0.7:7402", "master.example.org:7402", "[::1]:7402"])
def test_another_address_stays_as_it_is(listen: str) -> None:
    assert reachable_address(listen) == listen
