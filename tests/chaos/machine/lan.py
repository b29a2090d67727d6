"""A virtual network in which each program of a mesh has a link that can be cut.

Programs run in network namespaces that are connected by a bridge. A disabled bridge port drops
every packet, as a broken switch does: neither end learns that the link is down.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.local.ports import PORT_BASE, Ports
from tests.chaos.machine.commands import run

BRIDGE = "mesh"
NETWORK = "10.77.0"
HERE = f"{NETWORK}.1"
"""The address of this program."""

PLACES = ("ingest", "master", "monitor", "nats", "agent", "cameras", "sink", "master-2")
"""Ordered by the offsets of their ports, which start at 1."""

SECOND_MASTER = f"{NETWORK}.9:{PORT_BASE + 8}"
"""Where the second master listens."""

NONLOCAL_BIND = Path("/proc/sys/net/ipv4/ip_nonlocal_bind")

HTTP_OFFSET = 6
"""Offset of the port of nats-server's health endpoint."""

FORWARDING, DISABLED = "3", "0"
"""States of a bridge's port."""


class LanPorts(Ports):
    """The ports of a mesh whose programs have addresses of their own."""

    @property
    def dashboard(self) -> str:
        """It has the address of the monitor, which serves it."""
        place, _ = self.monitor.rsplit(":", 1)
        return f"{place}:{self.base}"

    @property
    def nats_http(self) -> str:
        """The health endpoint has the address of nats itself."""
        place, _ = self.nats.rsplit(":", 1)
        return f"{place}:{self.base + HTTP_OFFSET}"

    def _address(self, offset: int) -> str:
        return f"{NETWORK}.{1 + offset}:{self.base + offset}"


PORTS = LanPorts(PORT_BASE)
"""Fixed: the network has no other programs."""


@dataclass(frozen=True, slots=True)
class Lan:
    """Must be created in a network namespace of this program, which removes it at the end."""

    folder: Path
    """Folder for the files that name the namespaces."""

    async def create(self) -> None:
        """Create the network."""
        await run("ip", "link", "set", "lo", "up")
        await run("ip", "link", "add", BRIDGE, "type", "bridge")
        await run("ip", "address", "add", f"{HERE}/24", "dev", BRIDGE)
        await run("ip", "link", "set", BRIDGE, "up")
        # `embedded` makes sure that ports are free, by listening there itself for a moment.
        await asyncio.to_thread(NONLOCAL_BIND.write_text, "1")
        for at, place in enumerate(PLACES, 1):
            await self._connect(place, f"{NETWORK}.{1 + at}")

    def inside(self, place: str) -> tuple[str, ...]:
        """The prefix of a command that runs at `place`."""
        return ("nsenter", f"--net={self._namespace(place)}")

    async def cut(self, place: str) -> None:
        await run("bridge", "link", "set", "dev", _cable(place), "state", DISABLED)

    async def mend(self, place: str) -> None:
        await run("bridge", "link", "set", "dev", _cable(place), "state", FORWARDING)

    async def forget(self) -> None:
        """Unmount the files; the network itself ends with the last process in it."""
        for place in PLACES:
            await run("umount", str(self._namespace(place)))

    async def _connect(self, place: str, address: str) -> None:
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
    """Name of the bridge's end of the link."""
    return f"to-{place}"


@asynccontextmanager
async def own_network(folder: Path) -> AsyncIterator[Lan]:
    """A network for as long as the context lasts, with files in `folder`."""
    lan = Lan(folder)
    await lan.create()
    try:
        yield lan
    finally:
        await lan.forget()
