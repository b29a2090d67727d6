"""What the system allows one process."""

import resource
from collections.abc import Iterator, Sequence

from framemesh.cli.doctor.finding import Finding, good, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings

LEAST_FILES, FEW_FILES = 256, 4096
"""Open at once. Ingest has one for each camera, nats-server some for each stream."""

FEW_PROCESSES = 1024
"""Threads count."""


async def examine(_: Surroundings) -> Sequence[Finding]:
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    processes, _hard = resource.getrlimit(resource.RLIMIT_NPROC)
    return [open_files(files), *threads(processes), *file_size()]


def open_files(limit: int) -> Finding:
    if limit == resource.RLIM_INFINITY or limit >= FEW_FILES:
        return good("open files: " + ("no limit" if limit < 0 else f"{limit:,}"))
    words = f"a process may have {limit:,} open files; each camera takes one"
    remedy = "`ulimit -n 65536`, or LimitNOFILE=65536 for systemd"
    return problem(words, remedy) if limit < LEAST_FILES else warning(words, remedy)


def threads(limit: int) -> Iterator[Finding]:
    if 0 <= limit < FEW_PROCESSES:
        yield warning(
            f"a user may have {limit:,} processes and threads; a worker takes about 60",
            "`ulimit -u 32768`, or TasksMax=32768 for systemd",
        )


def file_size() -> Iterator[Finding]:
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY:
        yield warning(
            f"a file may have {limit:,} bytes at most: streams and models may not fit",
            "`ulimit -f unlimited`",
        )
