"""How much the servers of the broker have stored, and may."""

import asyncio
import http.client
import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.runtime.logs import get_logger

log = get_logger()

ANSWER_TIMEOUT_SECONDS = 1.0

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment, which leads out of the mesh."""


@dataclass(frozen=True, slots=True)
class ServerStorage:
    """Of JetStream on one server, in bytes on disk."""

    used: int
    limit: int


class BrokerStorage:
    """Asks the servers over HTTP: over NATS, they tell their limits only to administrators."""

    def __init__(self, servers: Sequence[str]) -> None:
        """`servers`: host:port of the HTTP endpoint of each."""
        self._servers = servers
        self._silent: set[str] = set()

    async def ask(self) -> dict[str, ServerStorage]:
        """Of the servers that answer."""
        answers = await asyncio.gather(
            *(asyncio.to_thread(self._of, server) for server in self._servers)
        )
        return {
            server: answer
            for server, answer in zip(self._servers, answers, strict=True)
            if answer is not None
        }

    def _of(self, server: str) -> ServerStorage | None:
        try:
            with _OPENER.open(f"http://{server}/jsz", timeout=ANSWER_TIMEOUT_SECONDS) as answer:
                said = json.loads(answer.read())
                found = ServerStorage(int(said["storage"]), int(said["config"]["max_storage"]))
        except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException) as error:
            if server not in self._silent:
                log.warning("the storage of a broker is not known", server=server, why=str(error))
            self._silent.add(server)
            return None
        self._silent.discard(server)
        return found
