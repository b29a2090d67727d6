"""Looks at a stream in a process of its own: what it sends may end that process."""

import json
import subprocess
import sys

from framemesh.sources.errors import SourceFailed, SourceTimedOut
from framemesh.sources.locations import shown
from framemesh.sources.probing import FAILED, ProbeReport
from framemesh.sources.spec import Kind, SourceSpec
from framemesh.sources.wire import spec_json

PROBE_SECONDS = 6.0
"""Enough for two key frames of most cameras."""


def probe_source(spec: SourceSpec, seconds: float = PROBE_SECONDS) -> ProbeReport:
    """
    Raises:
        SourceFailed, SourceTimedOut: it cannot be read, in words.
    """
    name = shown(spec)
    if spec.kind not in {Kind.FILE, Kind.HTTP, Kind.STREAM, Kind.WEBCAM}:
        raise SourceFailed(f"{name} is no stream that can be looked at")
    try:
        ended = subprocess.run(
            (sys.executable, "-m", "framemesh.sources.probe"),
            input=f"{seconds}\n{spec_json(spec)}".encode(),
            capture_output=True,
            timeout=seconds + 2 * (spec.open_seconds + spec.stall_seconds),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceTimedOut(f"{name} did not answer") from None
    if ended.returncode == FAILED:
        raise SourceFailed(json.loads(ended.stdout))
    if ended.returncode:
        raise SourceFailed(f"{name}: the process that looks at it ended with {ended.returncode}")
    return ProbeReport(**json.loads(ended.stdout))
