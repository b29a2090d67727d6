"""How many processes an ingest has where nobody said."""

CPUS_OF_ONE = 4
"""For each process beyond the first: most of a frame's CPU is spent by others, workers above all
(bench/README.md)."""

MOST = 8


def process_count(chosen: int, cpus: int) -> int:
    """
    Args:
        chosen: by settings; 0: by the CPUs.
        cpus: that may be used.
    """
    return chosen or min(MOST, 1 + cpus // CPUS_OF_ONE)
