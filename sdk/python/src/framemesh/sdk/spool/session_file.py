"""The session of a spool, and which of its numbers may have been used."""

import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from framemesh.sdk.errors import SpoolFailed
from framemesh.sdk.spool.files import OwnedFile, sync_folder

NAME = "session"
VERSION = "1"

RESERVED_AT_ONCE = 4096
"""Numbers: one sync for as many frames, and a gap of as many at most after a power cut."""

NO_BOOT = "-"

LARGEST_NUMBER = (1 << 63) - 1

_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESERVED = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class SessionFile:
    session: str
    reserved: int
    """No frame has a number above this one."""
    boot: str
    """Of the start of the machine that wrote it."""


def boot_id() -> str:
    """Another one after each start of the machine; NO_BOOT where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() or NO_BOOT
    except OSError:
        return NO_BOOT


def new_session(boot: str) -> SessionFile:
    return SessionFile(uuid.uuid4().hex, RESERVED_AT_ONCE, boot)


def read(folder: Path) -> SessionFile | None:
    """None if the folder is new.

    Raises:
        SpoolFailed: the file is of another version, or damaged.
    """
    path = folder / NAME
    try:
        text = path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    lines = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    if lines.get("framemesh-spool", VERSION) != VERSION:
        raise SpoolFailed(
            f"the spool {folder} is of version {lines['framemesh-spool']}: update the SDK, or "
            "choose another folder"
        )
    session, reserved = lines.get("session", ""), lines.get("reserved", "")
    whole = "framemesh-spool" in lines and _SESSION.fullmatch(session)
    if not whole or not _RESERVED.fullmatch(reserved) or int(reserved) > LARGEST_NUMBER:
        raise SpoolFailed(f"{path} is damaged: move the folder {folder} away to begin a new spool")
    return SessionFile(session, int(reserved), lines.get("boot", NO_BOOT))


def replace(folder: Path, content: SessionFile) -> None:
    """It is on the disk when this returns, and was there as a whole at every moment."""
    text = (
        f"framemesh-spool {VERSION}\nsession {content.session}\n"
        f"reserved {content.reserved}\nboot {content.boot}\n"
    )
    new = folder / f"{NAME}.new"
    file = OwnedFile(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(file.fd, text.encode())
        os.fsync(file.fd)
    finally:
        file.close()
    new.replace(folder / NAME)
    sync_folder(folder)
