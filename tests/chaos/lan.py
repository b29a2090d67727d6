"""A network of our own, in which each program of a mesh has a cable that can be cut.

Programs run in network namespaces that meet at a bridge. A port of the bridge that is disabled
swallows every packet, as a broken switch does: nobody is told that the other end is gone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.local.ports import PORT_BASE, Ports
from tests.chaos.commands import run

BRIDGE = "mesh"
NETWORK = "10.77.0"
HERE = f"{NETWORK}.1"
"""This program's own address."""

PLACES = ("ingest", "master", "monitor", "nats", "agent", "cameras")
"""In the order of the offsets of their ports, the first of which is 1."""

NONLOCAL_BIND = Path("/proc/sys/net/ipv4/ip_nonlocal_bind")

HTTP_OFFSET = 6
"""Of the port where nats-server tells of its health."""

FORWARDING, DISABLED = "3", "0"
"""States of a bridge's port."""


class LanPorts(Ports):
    """The ports of a mesh whose programs have addresses of their own."""

    @property
    def nats_http(self) -> str:
        """At the same place as nats itself."""
        place, _ = self.nats.rsplit(":", 1)
        return f"{place}:{self.base + HTTP_OFFSET}"

    def _address(self, offset: int) -> str:
        return f"{NETWORK}.{1 + offset}:{self.base + offset}"


PORTS = LanPorts(PORT_BASE)
"""Always the same: there is nobody else in this network."""


@dataclass(frozen=True, slots=True)
class Lan:
    """Must be made in a network namespace of our own, which takes it down with us."""

    folder: Path
    """For the files that name the namespaces."""

    async def lay(self) -> None:
        """Make the network: nothing of it is there before."""
        await run("ip", "link", "set", "lo", "up")
        await run("ip", "link", "add", BRIDGE, "type", "bridge")
        await run("ip", "address", "add", f"{HERE}/24", "dev", BRIDGE)
        await run("ip", "link", "set", BRIDGE, "up")
        # `embedded` makes sure that ports are free, by listening there itself for a moment.
        await asyncio.to_thread(NONLOCAL_BIND.write_text, "1")
        for at, place in enumerate(PLACES, 1):
            await self._plug_in(place, f"{NETWORK}.{1 + at}")

    def inside(self, place: str) -> tuple[str, ...]:
        """What a command begins with that is to run at `place`."""
        return ("nsenter", f"--net={self._namespace(place)}")

    async def cut(self, place: str) -> None:
        await run("bridge", "link", "set", "dev", _cable(place), "state", DISABLED)

    async def mend(self, place: str) -> None:
        await run("bridge", "link", "set", "dev", _cable(place), "state", FORWARDING)

    async def forget(self) -> None:
        """Let go of the files; the network itself ends with the last process in it."""
        for place in PLACES:
            await run("umount", str(self._namespace(place)))

    async def _plug_in(self, place: str, address: str) -> None:
        namespace = self._namespace(place)
        namespace.touch()
        await run("unshare", f"--net={namespace}", "true")
        peer = ("peer", "name", "eth0", "netns", str(namespace))
        await run("ip", "link", "add", "name", _cable(place), "type", "veth", *peer)
        await run("ip", "link", "set", "dev", _cable(place), "master", BRIDGE, "up")
        within = self.inside(place)
        await run(*within, "ip", "address", "add", f"{address}/24", "dev", "eth0")
        await run(*within, "ip", "link", "set", "eth0", "up")
        await run(*within, "ip", "link", "set", "lo", "up")

    def _namespace(self, place: str) -> Path:
        return self.folder / f"{place}.net"


def _cable(place: str) -> str:
    """The bridge's end of it."""
    return f"to-{place}"


@asynccontextmanager
async def own_network(folder: Path) -> AsyncIterator[Lan]:
    """A network for as long as the context lasts, with files in `folder`."""
    lan = Lan(folder)
    await lan.lay()
    try:
        yield lan
    finally:
        await lan.forget()
