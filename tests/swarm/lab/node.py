"""One node of the test swarm: a docker in a container, which dies as a machine does."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from tests.swarm.lab.commands import CommandFailed, run
from tests.waiting import eventually

NETWORK = "fm-lab"
SUBNET = "10.79.0.0/24"
GATEWAY = "10.79.0.1"
IMAGE = "framemesh/swarm-node"

REGISTRY = "10.79.0.2:5000"
"""As the nodes call it; on this machine it is PUSH_TO."""
PUSH_TO = "127.0.0.1:5079"
"""docker trusts registries on the loopback interface without a certificate."""

ROOT = Path(__file__).resolve().parents[3]
CHECKOUT = "/framemesh"
"""Where a node has this checkout."""

SOCKETS = Path(gettempdir(), f"framemesh-swarm-{os.getuid()}")
"""Where this machine has the sockets of the nodes' dockers."""
IN_NODE = "/run/outside"
"""Where a node has its folder of those."""

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Node:
    """A container that runs dockerd, in the lab's network under an address of its own."""

    number: int

    @property
    def name(self) -> str:
        """Of the container, and of the host that the swarm sees."""
        return f"fm-n{self.number}"

    @property
    def address(self) -> str:
        return f"10.79.0.1{self.number}"

    @property
    def socket(self) -> Path:
        """Of its docker, for those on this machine; refuses while the node is dead."""
        return SOCKETS / self.name / "docker.sock"

    async def docker(
        self, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 60.0
    ) -> str:
        """What the docker of this node answers.

        Raises:
            CommandFailed: the node is away, or docker refuses.
        """
        return await self.run("docker", *arguments, environment=environment, seconds=seconds)

    async def run(
        self, *command: str, environment: Mapping[str, str] | None = None, seconds: float = 60.0
    ) -> str:
        """The output of a command on this node.

        Raises:
            CommandFailed: the node is away, or the command failed.
        """
        variables = [f"--env={name}={value}" for name, value in (environment or {}).items()]
        return await run("docker", "exec", *variables, self.name, *command, seconds=seconds)

    async def create(self) -> None:
        """Start it for the first time.

        Without `--privileged`, which a machine without the capability SYS_RESOURCE refuses.
        """
        await asyncio.to_thread(self.socket.parent.mkdir, parents=True, exist_ok=True)
        await run(
            *("docker", "run", "--detach", "--init", "--name", self.name),
            *("--hostname", self.name, "--network", NETWORK, "--ip", self.address),
            *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"),
            *("--device-cgroup-rule", "a *:* rwm"),
            *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
            *("--tmpfs", "/run", "--tmpfs", "/tmp"),  # noqa: S108  in the container
            *("--volume", f"{self.name}:/var/lib/docker"),
            *("--volume", f"{self.socket.parent}:{IN_NODE}"),
            *("--volume", f"{ROOT}:{CHECKOUT}:ro", IMAGE),
            *("--storage-driver", "overlay2", "--log-level", "warn"),
            *("--host", "unix:///var/run/docker.sock", "--group", str(os.getgid())),
            *("--host", f"unix://{IN_NODE}/docker.sock"),
            *("--insecure-registry", REGISTRY),
        )

    async def wait(self) -> None:
        """Until its docker answers."""
        await eventually(self._answers, START_SECONDS)

    async def kill(self) -> None:
        """As when its power fails: dockerd and all tasks end at once."""
        await run("docker", "kill", "--signal", "KILL", self.name)

    async def start(self) -> None:
        """Start it again after a kill, with the disk that it had."""
        await run("docker", "start", self.name)
        await self.wait()

    async def cut_off(self) -> None:
        """Lose every packet from and to it; what runs on it goes on, and is told nothing."""
        await self._rules("-I")

    async def reconnect(self) -> None:
        await self._rules("-D")

    async def _rules(self, change: str) -> None:
        for chain, side in (
            ("INPUT", "-i"),
            ("OUTPUT", "-o"),
            ("FORWARD", "-i"),
            ("FORWARD", "-o"),
        ):
            await self.run("iptables", change, chain, side, "eth0", "-j", "DROP")

    async def _answers(self) -> bool:
        try:
            # Without its server the client prints nothing, and some versions end with 0.
            return bool((await self.docker("info", "--format", "{{.ID}}")).strip())
        except CommandFailed:
            return False
