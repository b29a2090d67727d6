"""What is read of a mesh every few seconds, and the files that keep it."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

PROCESSES_FILE = "processes.csv"
LEDGER_FILE = "ledger.csv"


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """One process at one time."""

    at: float
    """Seconds since the load began."""
    role: str
    """As bench.cpu tells it."""
    pid: int
    rss_kib: int
    fds: int
    threads: int
    cpu_seconds: float
    """Since it started."""


@dataclass(frozen=True, slots=True)
class LedgerSample:
    """The ledger of all cameras, and what the broker has, at one time."""

    at: float
    offered: int
    accepted: int
    rejected: int
    done: int
    expired: int
    superseded: int
    dead: int
    pending: int
    duplicates: int
    age_p99_ms: float
    broker_rss_kib: int
    """As the broker tells it."""
    broker_disk_kib: int
    """Of all streams."""

    @property
    def balances(self) -> bool:
        fates = self.done + self.expired + self.superseded + self.dead + self.pending
        return self.offered == self.accepted + self.rejected and self.accepted == fates


@dataclass(frozen=True, slots=True)
class Recorded:
    """All samples of a run."""

    processes: Sequence[ProcessSample]
    ledger: Sequence[LedgerSample]

    def after(self, seconds: float) -> "Recorded":
        """Those from a time on."""
        return Recorded(
            [sample for sample in self.processes if sample.at >= seconds],
            [sample for sample in self.ledger if sample.at >= seconds],
        )


class Recorder(Protocol):
    """Keeps samples as they come: what was measured is there whatever ends the run."""

    def add(self, processes: Iterable[ProcessSample], ledger: LedgerSample) -> None: ...


class _Files:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._files = [
            stack.enter_context((folder / name).open("w", newline=""))
            for name in (PROCESSES_FILE, LEDGER_FILE)
        ]
        kinds = (ProcessSample, LedgerSample)
        self._tables = [
            csv.DictWriter(file, [each.name for each in fields(kind)])
            for file, kind in zip(self._files, kinds, strict=True)
        ]
        for table in self._tables:
            table.writeheader()

    def add(self, processes: Iterable[ProcessSample], ledger: LedgerSample) -> None:
        of_processes, of_ledger = self._tables
        of_processes.writerows(map(_rounded, processes))
        of_ledger.writerow(_rounded(ledger))
        for file in self._files:
            file.flush()


def _rounded(sample: ProcessSample | LedgerSample) -> Mapping[str, object]:
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in asdict(sample).items()
    }


@contextmanager
def recorder(folder: Path) -> Iterator[Recorder]:
    """Writes the files of a folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        yield _Files(folder, stack)


def recorded(folder: Path) -> Recorded:
    """Read what a run wrote.

    Raises:
        OSError: a file is missing.
    """
    with (folder / PROCESSES_FILE).open(newline="") as file:
        processes = [
            ProcessSample(
                float(row["at"]),
                row["role"],
                int(row["pid"]),
                int(row["rss_kib"]),
                int(row["fds"]),
                int(row["threads"]),
                float(row["cpu_seconds"]),
            )
            for row in csv.DictReader(file)
        ]
    with (folder / LEDGER_FILE).open(newline="") as file:
        ledger = [_ledger_sample(row) for row in csv.DictReader(file)]
    return Recorded(processes, ledger)


def _ledger_sample(row: Mapping[str, str]) -> LedgerSample:
    values: dict[str, Any] = {
        each.name: float(row[each.name]) if each.type is float else int(row[each.name])
        for each in fields(LedgerSample)
    }
    return LedgerSample(**values)
