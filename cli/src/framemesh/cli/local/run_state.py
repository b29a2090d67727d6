"""The state of a running mesh: the file run.json in its data folder."""

import contextlib
import errno
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from framemesh.runtime.processes.supervision import State

FILE = "run.json"

FILE_BYTES = 16 * 1024
"""Its size, padded with blanks, so that it can be overwritten in place. Five programs take 1.5 KiB
and their lines of trouble."""

MAX_TROUBLE = 400
"""Characters of a line of trouble. In JSON one takes six bytes at most, 12 KiB of five programs."""


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """The state of one program of the mesh."""

    name: str
    address: str
    """host:port."""
    log: str
    """Path of its log file."""
    state: State = State.STARTING
    pid: int = 0
    """0 while there is no process."""
    restarts: int = 0
    trouble: str = ""
    """Why it ended last; empty if it never did."""
    ready_seconds: float | None = None
    """From the start of the mesh until the program was ready for the first time."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A mesh that runs on this machine. Addresses are host:port."""

    pid: int
    """Of the supervisor."""
    nats: str
    """nats://host:port."""
    ingest: str
    master: str
    monitor: str
    programs: tuple[ProgramStatus, ...]
    dashboard: str = ""
    """http://host:port/ of its page."""

    @property
    def ready(self) -> bool:
        return all(program.state is State.READY for program in self.programs)

    @property
    def failed(self) -> ProgramStatus | None:
        """A program that ended and is not ready again."""
        troubled = (p for p in self.programs if p.trouble and p.state is not State.READY)
        return next(troubled, None)

    def save(self, data: Path) -> None:
        """Write it atomically: a reader gets the last state or this one.

        Raises:
            OSError: it cannot be written.
        """
        programs = tuple(
            replace(each, trouble=each.trouble[:MAX_TROUBLE]) for each in self.programs
        )
        text = json.dumps(
            asdict(replace(self, programs=programs)),
            default=lambda state: state.value,
            indent=2,
            ensure_ascii=False,
        )
        content = text.encode(errors="replace").ljust(FILE_BYTES)
        draft = data / f"{FILE}.{self.pid}"
        try:
            draft.write_bytes(content)
            draft.replace(data / FILE)
        except OSError:
            draft.unlink(missing_ok=True)
            self._overwrite(data / FILE, content)

    @staticmethod
    def _overwrite(file: Path, content: bytes) -> None:
        """In place: on a full disk, which has to be reported, there is no room for another file."""
        with file.open("r+b", buffering=0) as old:
            if len(content) > file.stat().st_size:
                raise OSError(errno.ENOSPC, "the disk is full", str(file))
            old.write(content)

    @classmethod
    def load(cls, data: Path) -> "RunState | None":
        """The run of this folder, or None if it is missing or of an unknown version.

        Its supervisor may have been killed since: framemesh.cli.local.lock knows.
        """
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads((data / FILE).read_text(encoding="utf-8"))
            programs = tuple(
                ProgramStatus(**{**program, "state": State(program["state"])})
                for program in found.pop("programs")
            )
            return cls(**found, programs=programs)
        return None

    @staticmethod
    def forget(data: Path) -> None:
        (data / FILE).unlink(missing_ok=True)
