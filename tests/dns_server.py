"""A DNS server whose answers a test may change."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

HEADER = struct.Struct(">HHHHHH")
ANSWER, ADDRESS, INTERNET = 0x8180, 1, 1

NAME_OF_THE_QUESTION = 0xC00C
"""A pointer to it, in place of the name."""


class DnsServer(asyncio.DatagramProtocol):
    """Any name has `addresses`, for no time at all (RFC 1035)."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.port = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        number, *_ = HEADER.unpack_from(data)
        end = data.index(b"\0", HEADER.size) + 5
        (kind,) = struct.unpack_from(">H", data, end - 4)
        addresses = self.addresses if kind == ADDRESS else []
        records = b"".join(
            struct.pack(">HHHIH", NAME_OF_THE_QUESTION, ADDRESS, INTERNET, 0, 4)
            + IPv4Address(address).packed
            for address in addresses
        )
        header = HEADER.pack(number, ANSWER, 1, len(addresses), 0, 0)
        self._transport.sendto(header + data[HEADER.size : end] + records, addr)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(DnsServer, local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
