"""How far the broker's clock is from that of this machine."""

import json
from collections.abc import Sequence
from datetime import datetime

from framemesh.cli.doctor.checks.broker_connection import connected
from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.core.clock import Clock, SystemClock
from framemesh.runtime.jetstream.api.subjects import SERVERS

FAR_SECONDS, VERY_FAR_SECONDS = 0.1, 2.0
"""Ages are wrong by as much; fresh pipelines drop frames that are younger than they seem."""


async def examine(surroundings: Surroundings, clock: Clock | None = None) -> Sequence[Finding]:
    """
    Raises:
        NobodyListens, BrokerUnavailable: it does not answer.
    """
    if not surroundings.nats:
        return []
    clock = clock or SystemClock()
    async with connected(surroundings.nats) as broker:
        before = clock.unix_nano()
        answer = await broker.call(SERVERS, json.dumps({"limit": 1}).encode())
        after = clock.unix_nano()
    told = json.loads(answer.data).get("server", {}).get("time", "")
    try:
        theirs = datetime.fromisoformat(told).timestamp()
    except ValueError:
        return [note("the broker does not say what time it is")]
    return [judged(theirs - (before + after) / 2e9, (after - before) / 2e9)]


def judged(offset_seconds: float, error_seconds: float) -> Finding:
    """By how much the broker's clock is ahead of ours, as far as that is known."""
    if abs(offset_seconds) <= max(FAR_SECONDS, error_seconds):
        known = max(0.001, error_seconds)
        return good(f"the broker's clock is that of this machine, within {1000 * known:.0f} ms")
    ahead = "ahead of" if offset_seconds > 0 else "behind"
    words = f"the broker's clock is {abs(offset_seconds):.2f} s {ahead} that of this machine"
    remedy = "synchronise both with the same servers, by chrony or systemd-timesyncd"
    if abs(offset_seconds) - error_seconds > VERY_FAR_SECONDS:
        return problem(words, remedy)
    return warning(words, remedy)
