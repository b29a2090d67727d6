"""A folder with an authority and what it issued: NAME.crt and NAME.key of each."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.certificates.authority import Pair
from framemesh.core.errors import Code, FramemeshError

AUTHORITY = "ca"

SECRET, PUBLIC = 0o600, 0o644


class FolderUnusable(FramemeshError):
    """Files of certificates are missing, are there already, or cannot be written."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """Files of keys are readable by their owner alone; no file is replaced unless that is asked."""

    path: Path

    @property
    def authority_file(self) -> Path:
        return self.certificate(AUTHORITY)

    def certificate(self, name: str) -> Path:
        return self.path / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.path / f"{name}.key"

    def authority(self) -> Pair:
        """
        Raises:
            FolderUnusable: there is none, or it cannot be read.
        """
        try:
            return Pair(self.authority_file.read_bytes(), self.key(AUTHORITY).read_bytes())
        except OSError as error:
            raise FolderUnusable(
                f"no authority in {self.path}: {error.filename} cannot be read"
                f" ({(error.strerror or str(error)).lower()}); `framemesh certs init {self.path}`"
                " makes one"
            ) from error

    def save(self, name: str, pair: Pair, *, replace: bool = False) -> None:
        """Write a certificate and its key.

        Replaced one after the other, each at once: who watches the files goes on with the old pair
        until both are new.

        Raises:
            FolderUnusable: a file is there already, or cannot be written.
        """
        files = (
            (self.key(name), pair.key, SECRET),
            (self.certificate(name), pair.certificate, PUBLIC),
        )
        if not replace:
            for file, _, _ in files:
                if file.exists():
                    raise FolderUnusable(
                        f"{file} is there already, and nothing was changed: "
                        + ("choose another folder" if name == AUTHORITY else "--renew replaces it")
                    )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for file, content, mode in files:
                _write(file, content, mode)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FolderUnusable(f"cannot write {error.filename or self.path}: {reason}") from error


def _write(file: Path, content: bytes, mode: int) -> None:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
