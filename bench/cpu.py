"""CPU time of processes by their role."""

from collections import defaultdict
from collections.abc import Mapping

import psutil

ROLES = {
    "framemesh.ingest": "ingest",
    "framemesh.ingest.processes": "ingest",
    "framemesh.master": "master",
    "framemesh.monitor": "monitor",
    "framemesh.agent": "agent",
    "framemesh.worker": "worker",
    "framemesh.sink": "sink",
    "framemesh.cli.local": "supervisor",
    "bench.cameras": "cameras",
    "bench.latency.cameras": "cameras",
    "bench.producers.cameras": "cameras",
}


def cpu_seconds(root: int) -> Mapping[str, float]:
    """User and system time of the process `root` and all below it, by role."""
    spent: defaultdict[str, float] = defaultdict(float)
    process = psutil.Process(root)
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
            spent[role(each)] += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return spent


def role(process: psutil.Process) -> str:
    """The role of a process: a service, "nats", "triton", or "benchmark" for anything else."""
    command = process.cmdline()
    for word in command:
        if word in ROLES:
            return ROLES[word]
    name = process.name()
    if name.startswith(("tritonserver", "triton_python")):
        return "triton"
    return "nats" if name.startswith("nats-server") else "benchmark"
