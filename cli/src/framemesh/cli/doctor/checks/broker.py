"""The broker that runs: its version, and the room that JetStream has."""

import http.client
import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from framemesh.cli.doctor.checks import nats_server
from framemesh.cli.doctor.checks.broker_connection import connected
from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.runtime.jetstream.api.subjects import ACCOUNT_INFO, SERVERS

NEARLY_FULL = 0.9

ANSWER_SECONDS = 2.0

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment: the server is on this machine."""


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    """
    Raises:
        NobodyListens, BrokerUnavailable: it does not answer.
    """
    if not surroundings.nats:
        # Where nothing runs, `services` says so.
        return [note("no broker was named (--nats)")] if surroundings.services else []
    async with connected(surroundings.nats) as broker:
        answer = await broker.call(SERVERS, json.dumps({"limit": 1}).encode())
        server = json.loads(answer.data).get("server", {})
        account = await broker.query(ACCOUNT_INFO, {})
    limit = int((account.get("limits") or {}).get("max_storage", -1))
    if limit <= 0 and surroundings.runs_here:
        limit = await in_thread(lambda: server_limit(surroundings.ports.nats_http))
    return [*version(server), *storage(account, limit)]


def server_limit(address: str) -> int:
    """Bytes that the server at host:port of its HTTP pages may store; -1 where it does not say."""
    try:
        with _OPENER.open(f"http://{address}/jsz", timeout=ANSWER_SECONDS) as answer:
            return int(json.load(answer)["config"]["max_storage"])
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return -1


def version(server: Mapping[str, Any]) -> Iterator[Finding]:
    yield nats_server.judged(str(server.get("ver", "")), f"the broker {server.get('name', '')}")


def storage(account: Mapping[str, Any], limit: int = -1) -> Iterator[Finding]:
    """What JetStream says of its store, of which `limit` bytes may be used; -1: no limit."""
    if error := account.get("error"):
        yield problem(
            f"the broker has no JetStream: {error.get('description', error)}",
            "start nats-server with `jetstream` in its configuration",
        )
        return
    used, streams = int(account.get("storage", 0)), int(account.get("streams", 0))
    reserved = int(account.get("reserved_storage", 0))
    words = f"JetStream: {streams} streams, {decimal(used)} used"
    if limit <= 0:
        yield good(f"{words}, {decimal(reserved)} reserved")
        return
    words = f"{words}, {decimal(reserved)} of {decimal(limit)} reserved"
    if used > NEARLY_FULL * limit:
        yield warning(
            f"the broker is nearly full: {words}", "add workers, or room: `up --store-max`"
        )
    else:
        yield good(words)
