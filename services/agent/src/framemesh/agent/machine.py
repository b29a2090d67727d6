"""CPUs and memory of the machine."""

import psutil

from framemesh.agent.assignment import MachineReport


class Machine:
    """The machine that this process runs on."""

    def __init__(self) -> None:
        # The first reading has no interval and is always 0.
        psutil.cpu_percent()

    def report(self) -> MachineReport:
        """The figures now; CPU used is since the last call."""
        memory = psutil.virtual_memory()
        return MachineReport(
            cpus=psutil.cpu_count() or 1,
            cpu_used=psutil.cpu_percent() / 100,
            memory_bytes=memory.total,
            # What the system would give back at once is not used.
            memory_used_bytes=memory.total - memory.available,
        )
