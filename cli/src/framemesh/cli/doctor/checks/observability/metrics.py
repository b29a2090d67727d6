"""The pages of metrics that Prometheus reads, of the mesh that runs here."""

import http.client
import os
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

from framemesh.cli.doctor.finding import Finding, good, note, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.ports import METRICS

ANSWER_SECONDS = 2.0

EVERY_PROCESS = b"process_cpu_seconds_total"
"""A metric that each of our pages has."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment: they are on this machine."""


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    if not surroundings.runs_here or not surroundings.services:
        return [note("metrics are examined where the mesh runs (--data)")]
    pages = dict(addresses(surroundings.services, os.environ))
    found = await in_thread(lambda: list(_examined(pages)))
    return found or [good(f"{', '.join(pages)} have metrics for Prometheus")]


def addresses(
    services: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """By service, host:port of its page; those that were told to have none are left out."""
    for name, address in services.items():
        host, _, port = address.rpartition(":")
        usual = f"{host}:{int(port) + METRICS}"
        if chosen := environment.get(f"FRAMEMESH_{name.upper()}_METRICS", usual):
            yield name, chosen


def _examined(pages: Mapping[str, str]) -> Iterator[Finding]:
    for name, address in pages.items():
        if why := _fault(f"http://{address}/metrics"):
            yield warning(
                f"{name} has no metrics at {address}: {why}",
                f"`framemesh logs --service {name}` tells why; frames go on without them",
            )


def _fault(url: str) -> str:
    """Why it is no page of ours; empty: it is one."""
    try:
        with _OPENER.open(url, timeout=ANSWER_SECONDS) as answer:
            return "" if EVERY_PROCESS in answer.read() else "another program answers there"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
