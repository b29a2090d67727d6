"""Spools in folders of tests, whose process is killed and whose machine loses its power."""

import zlib
from pathlib import Path

from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.options import Target
from framemesh.sdk.session.spools import LEAST_DISK_BYTES, DiskSpool
from framemesh.sdk.spool.folder import SpoolFolder

TARGET = Target(("127.0.0.1:7401",), "street", "door")
ALL = Credit(10_000, 1 << 40)


def frame(sequence: int, size: int = 100) -> OfferedFrame:
    image = sequence.to_bytes(8, "little") * (size // 8)
    return OfferedFrame(sequence, 1_000 + sequence, image, zlib.crc32(image))


class Disk:
    """The spool of camera `door`, opened again and again."""

    def __init__(self, root: Path, *, drops: bool = False, max_age: float | None = None) -> None:
        self._spool = DiskSpool(root, max_bytes=LEAST_DISK_BYTES, max_age=max_age)
        self._drops = drops
        self.path = root / "street" / "door"
        self.now = 100.0
        self.unix_nano = 1_000
        self.boot = "b1"
        self.found: SpoolOpened
        self._folder: SpoolFolder
        self.open()

    def open(self) -> SpoolOpened:
        self._folder = SpoolFolder(
            self._spool,
            TARGET,
            drops=self._drops,
            clock=lambda: self.unix_nano,
            monotonic=lambda: self.now,
            boot=lambda: self.boot,
        )
        self.found = self._folder.open()
        return self.found

    def close(self) -> None:
        self._folder.close()

    def killed(self) -> SpoolOpened:
        """The process is killed, and another one opens the spool."""
        self.kill()
        return self.open()

    def kill(self) -> None:
        """What a kill leaves: files that are closed by the kernel."""
        self._folder._log.close()
        assert self._folder._lock is not None
        self._folder._lock.close()

    def do(self, work: DiskWork) -> DiskDone:
        return self._folder.perform(work)

    def write(self, *frames: OfferedFrame, sent: int = 0) -> DiskDone:
        return self.do(DiskWork(frames=frames, sent=sent))

    def load(self, limit: Credit = ALL) -> list[int]:
        return [one.sequence for one in self.do(DiskWork(load=limit)).loaded]

    def settle(self, *sequences: int) -> DiskDone:
        return self.do(DiskWork(settled=sequences))

    @property
    def segments(self) -> list[Path]:
        return sorted(self.path.glob("*.frames"))

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.segments)
