"""A real swarm of a manager and two nodes, each a docker in a container."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

NODE_IMAGE = "framemesh/swarm-node"
"""Of tests/swarm/node: `make swarm-up` builds it."""

NETWORK = "fmd"
SUBNET, GATEWAY = "10.78.0.0/24", "10.78.0.1"
OVERLAYS = "10.212.0.0/16"

MANAGER = "manager"
ADDRESSES = {MANAGER: "10.78.0.11", "east": "10.78.0.12", "west": "10.78.0.13"}

HEARTBEAT = "2s"
"""A node that is killed is seen down after three."""

SECONDS = 60.0
SOURCE = Path(__file__).parent / "swarm_worker"


def gpu(node: str) -> str:
    """The name of the one GPU of a node, which is none."""
    return f"GPU-{node}"


class NoDocker(Exception):
    """What is needed for a swarm is not here."""


class CommandFailed(Exception):
    """A command ended with an error; says what it said."""


class RealSwarm:
    """All methods block until what they do is done."""

    def __init__(self, folder: Path, registry: str) -> None:
        """
        Args:
            folder: for the sockets of the nodes.
            registry: `host:port` of a registry that has no TLS and listens on all addresses.

        Raises:
            NoDocker: says what is missing.
        """
        _check_machine()
        self._folder = folder
        port = registry.rpartition(":")[2]
        self._registry, self._push_to = f"{GATEWAY}:{port}", f"127.0.0.1:{port}"
        self.registry = f"http://127.0.0.1:{port}"
        self.image = ""
        """Of the workers, by digest."""

    @property
    def socket(self) -> str:
        """Of the manager."""
        return self._socket(MANAGER)

    @property
    def workers(self) -> list[str]:
        """The names of the nodes that take workers."""
        return [name for name in ADDRESSES if name != MANAGER]

    def up(self) -> None:
        self.down()
        _run("docker", "network", "create", "--subnet", SUBNET, "--gateway", GATEWAY, NETWORK)
        self.image = self._pushed_worker()
        for name, address in ADDRESSES.items():
            self._start(name, address)
        self.ask(
            *("swarm", "init", "--advertise-addr", ADDRESSES[MANAGER]),
            *("--default-addr-pool", OVERLAYS, "--dispatcher-heartbeat", HEARTBEAT),
        )
        token = self.ask("swarm", "join-token", "--quiet", "worker").strip()
        for name in self.workers:
            where = f"{ADDRESSES[MANAGER]}:2377"
            self.ask("swarm", "join", "--token", token, where, node=name)
        self.ask("network", "create", "--driver", "overlay", "framemesh")
        for name in ADDRESSES:
            self._wait_for(name, "ready")
            self.set_node(name, "drain")

    def down(self) -> None:
        _run("docker", "rm", "--force", "--volumes", *map(_container, ADDRESSES))
        if _run("docker", "network", "ls", "--quiet", "--filter", f"name=^{NETWORK}$"):
            _run("docker", "network", "rm", NETWORK)

    def ask(self, *arguments: str, node: str = MANAGER) -> str:
        """What the docker of a node answers.

        Raises:
            CommandFailed: it does not, or refuses.
        """
        return _run("docker", "--host", self._socket(node), *arguments)

    def set_node(self, name: str, availability: str, **labels: str) -> None:
        """With these labels and no others."""
        there = json.loads(self.ask("node", "inspect", name))[0]["Spec"].get("Labels") or {}
        old = [f"--label-rm={each}" for each in there if each not in labels]
        new = [f"--label-add={each}={value}" for each, value in labels.items()]
        change = ("node", "update", "--availability", availability, *old, *new, name)

        def is_changed() -> bool:
            # "update out of sequence": the swarm itself wrote to the node meanwhile.
            self.ask(*change)
            return True

        _wait(is_changed)

    def kill(self, name: str) -> None:
        """As when its power fails; until the manager has seen it."""
        _run("docker", "kill", "--signal", "KILL", _container(name))
        self._wait_for(name, "down")

    def revive(self, name: str) -> None:
        """Start it again unless it runs, and wait until the manager sees it."""
        _run("docker", "start", _container(name))
        self._wait_for(name, "ready")

    def cut_off(self, name: str) -> None:
        """Take it from the network, until the manager has seen that; what runs on it goes on."""
        _run("docker", "network", "disconnect", NETWORK, _container(name))
        self._wait_for(name, "down")

    def reconnect(self, name: str) -> None:
        where = ("--ip", ADDRESSES[name], NETWORK, _container(name))
        _run("docker", "network", "connect", *where)
        self._wait_for(name, "ready")

    def running_on(self, name: str) -> list[str]:
        """The ids of the containers that run there, whatever the manager knows of them."""
        return self.ask("ps", "--quiet", node=name).split()

    def pause(self, name: str) -> None:
        """It is there, and nothing on it runs."""
        _run("docker", "pause", _container(name))

    def resume(self, name: str) -> None:
        _run("docker", "unpause", _container(name))

    def _socket(self, name: str) -> str:
        return f"unix://{self._folder}/{name}/docker.sock"

    def _wait_for(self, name: str, state: str) -> None:
        """Until the manager sees a node so."""
        _wait(lambda: self._state(name) == state)

    def _state(self, name: str) -> str:
        found = json.loads(self.ask("node", "inspect", name))[0]
        return str(found["Status"]["State"])

    def _start(self, name: str, address: str) -> None:
        folder = self._folder / name
        folder.mkdir()
        _run(
            *("docker", "run", "--detach", "--init", "--name", _container(name)),
            *("--hostname", name, "--network", NETWORK, "--ip", address),
            # Two for every node: some tests reserve as many.
            *("--cpuset-cpus", "0-1"),
            # `--privileged` without the capability that some machines lack.
            *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"),
            *("--device-cgroup-rule", "a *:* rwm"),
            *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
            *("--tmpfs", "/run", "--tmpfs", "/tmp"),  # noqa: S108  in the container
            *("--volume", "/var/lib/docker", "--volume", f"{folder}:/sock", NODE_IMAGE),
            *("-H", "unix:///sock/docker.sock", "--storage-driver", "overlay2"),
            *("--log-level", "warn", "--insecure-registry", self._registry),
            *("--node-generic-resource", f"gpu={gpu(name)}"),
        )
        _wait(lambda: bool(self.ask("info", "--format", "{{.ID}}", node=name)))

    def _pushed_worker(self) -> str:
        """Build the image of the workers here, and push it."""
        folder = self._folder / "image"
        shutil.copytree(SOURCE, folder)
        program, source = f"{folder}/worker", f"{folder}/worker.c"
        _run("gcc", "-static", "-Os", "-s", "-o", program, source)
        reference = f"{self._push_to}/worker"
        _run("docker", "build", "--quiet", "--tag", reference, str(folder))
        _run("docker", "push", "--quiet", reference)
        digests = _run("docker", "inspect", "--format", "{{index .RepoDigests 0}}", reference)
        _run("docker", "rmi", reference)
        return f"{self._registry}/worker@{digests.strip().rpartition('@')[2]}"


def _container(name: str) -> str:
    return f"{NETWORK}-{name}"


def _check_machine() -> None:
    if (os.cpu_count() or 1) < 2:
        raise NoDocker("the nodes need two CPUs")
    for name in ("docker", "gcc"):
        if shutil.which(name) is None:
            raise NoDocker(f"there is no {name}")
    try:
        _run("docker", "image", "inspect", NODE_IMAGE)
    except CommandFailed as error:
        raise NoDocker(f"no image {NODE_IMAGE}, which `make swarm-up` builds: {error}") from error


def _run(*command: str) -> str:
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{' '.join(command)}: no end within {SECONDS:g} s") from error
    if ended.returncode:
        raise CommandFailed(f"{' '.join(command)}: {ended.stderr.strip()[-1000:]}")
    return ended.stdout


def _wait(ask: Callable[[], bool]) -> None:
    """Until it is true; what docker refuses meanwhile does not matter."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            if ask():
                return
        except CommandFailed:
            if time.monotonic() > end:
                raise
        if time.monotonic() > end:
            raise TimeoutError(f"not within {SECONDS:g} s")
        time.sleep(0.05)
