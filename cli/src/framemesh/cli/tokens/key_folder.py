"""The folder of who issues tokens: its keys, and a record of what it issued."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.identity.claims import Claims, claims_from_json
from framemesh.core.identity.errors import Unauthenticated
from framemesh.core.names import check_name
from framemesh.runtime.identity.keys import PRIVATE, PRIVATE_MODE

RECORD = "issued.jsonl"
"""What was issued and has not expired, one JSON document of claims a line: never a token."""

MAX_RECORD_BYTES = 64 * 1024 * 1024


class NoKey(FramemeshError):
    """There is no private key here."""

    code = Code.NOT_FOUND


class TokenUnknown(FramemeshError):
    """No token here has this number or name."""

    code = Code.NOT_FOUND


class RecordUnusable(FramemeshError):
    """The record of tokens can be neither read nor written."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """One folder."""

    path: Path

    def key(self, name: str = "") -> Path:
        """The private key of this name; empty: the newest.

        Raises:
            NoKey: there is none.
        """
        if name:
            found = [self.path / f"{check_name('key', name)}{PRIVATE}"]
        else:
            found = sorted(self.path.glob(f"*{PRIVATE}"), key=_modified)
        if not found or not found[-1].is_file():
            what = f"private key {name!r}" if name else "private key"
            raise NoKey(f"there is no {what} in {self.path}: `framemesh token key NAME` makes one")
        return found[-1]

    def issued(self, clock: Clock) -> list[Claims]:
        """What has not expired, the oldest first.

        Raises:
            RecordUnusable: the record cannot be read.
        """
        now = clock.unix_nano() // NANO
        return [claims for claims in self._read() if claims.expires > now]

    def find(self, which: str, clock: Clock) -> list[Claims]:
        """Those with this number, or all that were issued to this name.

        Raises:
            TokenUnknown: there is none.
        """
        found = [each for each in self.issued(clock) if which in {each.id, each.name}]
        if not found:
            raise TokenUnknown(f"no token here has the number or name {which[:64]!r}")
        return found

    def record(self, claims: Claims, clock: Clock) -> None:
        """Note what was issued, and forget what has expired.

        Raises:
            RecordUnusable: it cannot be written.
        """
        try:
            with (self.path / f"{RECORD}.lock").open("ab") as lock:
                # Held for milliseconds, and gone with its process.
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._write([*self.issued(clock), claims])
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise RecordUnusable(f"cannot write to {self.path}: {why}") from error

    def _read(self) -> Iterable[Claims]:
        file = self.path / RECORD
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                text = lines.read(MAX_RECORD_BYTES)
        except FileNotFoundError:
            return
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise RecordUnusable(f"cannot read {file}: {why}") from error
        for line in text.splitlines():
            with contextlib.suppress(ValueError, TypeError, Unauthenticated):
                yield claims_from_json(json.loads(line))

    def _write(self, claims: Iterable[Claims]) -> None:
        lines = (json.dumps(each.to_json()) for each in claims)
        write_private(self.path / RECORD, "".join(f"{line}\n" for line in lines))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, in place of the one that is there, at once.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _modified(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, file.name
