"""The files of certificates as they are now: whoever replaces them need not restart anything."""

import threading
import time
from collections.abc import Callable

from framemesh.tls.files import CertificateFault, Material, TlsFiles

CHECK_SECONDS = 1.0
"""Files are looked at so often at most, and only when somebody asks: three calls of the system."""

Signature = tuple[tuple[int, int, int], ...]


class WatchedFiles:
    """The content of the files, read again when they have changed. For threads."""

    def __init__(
        self,
        files: TlsFiles,
        on_fault: Callable[[str], None] = lambda line: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            on_fault: is told, once, why changed files are not used; the last good ones are.

        Raises:
            CertificateFault: the files cannot be used.
        """
        self.files = files
        self._on_fault = on_fault
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._signature = self._sign()
        self._material = files.read()
        self._version = 0
        self._checked = monotonic()

    @property
    def material(self) -> Material:
        """The newest that is good."""
        return self.current()[1]

    def current(self) -> tuple[int, Material]:
        """The same, and its number: 0 at first, one more with each change."""
        with self._lock:
            if (now := self._monotonic()) - self._checked >= CHECK_SECONDS:
                self._checked = now
                self._check()
            return self._version, self._material

    def _check(self) -> None:
        if (signature := self._sign()) == self._signature:
            return
        # Whatever it has: what is refused now is looked at again once it has changed again.
        self._signature = signature
        try:
            found = self.files.read()
        except CertificateFault as fault:
            self._on_fault(f"{fault}; the certificate of before stays in use")
            return
        if found != self._material:
            self._material = found
            self._version += 1

    def _sign(self) -> Signature:
        signature = []
        for path in self.files.paths:
            try:
                found = path.stat()
                signature.append((found.st_mtime_ns, found.st_size, found.st_ino))
            except OSError:
                signature.append((0, 0, 0))
        return tuple(signature)
