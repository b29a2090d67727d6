"""Which addresses are of this machine."""

import pytest

from framemesh.sdk.transport.channel import is_loopback


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:7401",
        "127.8.8.8:7401",
        "localhost:7401",
        "LOCALHOST:7401",
        "ingest.localhost:7401",
        "[::1]:7401",
        "::1",
        "ipv4:127.0.0.1:7401",
        "ipv6:[::1]:7401",
        "dns:localhost:7401",
        "dns:///localhost:7401",
        "dns://10.0.0.1/127.0.0.1:7401",
    ],
)
def test_an_address_of_this_machine_needs_no_proxy(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.7:7401",
        "ingest.example.org:7401",
        "localhost.example.org:7401",
        "127.0.0.1.example.org:7401",
        "[2001:db8::1]:7401",
        "dns:///ingest.example.org:7401",
        "xds:///ingest",
        "",
    ],
)
def test_any_other_address_may_need_one(address: str) -> None:
    assert not is_loopback(address)
