"""The figures of the machine."""

import psutil

from framemesh.agent.assignment import MachineReport


class Machine:
    """The machine that this process runs on."""

    def __init__(self) -> None:
        # The first reading is of no time at all, always 0.
        psutil.cpu_percent()

    def report(self) -> MachineReport:
        """How it is, with the CPU used since the last call."""
        memory = psutil.virtual_memory()
        return MachineReport(
            cpus=psutil.cpu_count() or 1,
            cpu_used=psutil.cpu_percent() / 100,
            memory_bytes=memory.total,
            # What the system would give back at once is not used.
            memory_used_bytes=memory.total - memory.available,
        )
