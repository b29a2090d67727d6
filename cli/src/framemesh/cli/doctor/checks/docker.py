"""Docker, and whether this node is in a swarm."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread

ANSWER_SECONDS = 3.0


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("docker", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(str(self._path))


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    path = surroundings.docker
    try:
        return [judged(await in_thread(lambda: _information(path)))]
    except (FileNotFoundError, ConnectionRefusedError):
        return [note(f"no docker at {path}: only a swarm needs it")]
    except PermissionError:
        return [
            warning(
                f"docker at {path} may not be asked by this user",
                "`sudo usermod -aG docker $USER` and a new login; only a swarm needs it",
            )
        ]
    except (OSError, ValueError, http.client.HTTPException) as error:
        return [problem(f"docker at {path} does not answer: {error}", "restart docker")]


def judged(information: Mapping[str, Any]) -> Finding:
    """What docker says of itself."""
    version = information.get("ServerVersion", "?")
    swarm = information.get("Swarm") or {}
    match swarm.get("LocalNodeState", "inactive"):
        case "active":
            role = "a manager" if swarm.get("ControlAvailable") else "a worker"
            return good(f"docker {version}, {role} of a swarm")
        case "inactive":
            return note(f"docker {version}, in no swarm: `docker swarm init` makes one")
        case state:
            said = swarm.get("Error") or "no reason given"
            return problem(
                f"docker {version}: this node of the swarm is {state}: {said}",
                "`docker node ls` on a manager tells more",
            )


def _information(path: Path) -> Mapping[str, Any]:
    connection = _SocketConnection(path)
    try:
        connection.request("GET", "/info")
        answer = connection.getresponse()
        found = json.loads(answer.read())
        if answer.status != http.HTTPStatus.OK or not isinstance(found, dict):
            raise ValueError(f"status {answer.status}")
        return found
    finally:
        connection.close()
