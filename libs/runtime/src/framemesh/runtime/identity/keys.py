"""Keys of tokens, Ed25519: who has the private half issues tokens, servers have the public ones.

A key is known by its kid, the name of its files: `KID.key`, which only its owner reads, and
`KID.pub`, both PEM. All keys whose public half is in the folder of a server count, so a new one is
added before the old one is taken away.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from framemesh.core.errors import Code, FramemeshError, InvalidName
from framemesh.core.names import check_name
from framemesh.runtime.logs import get_logger

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

log = get_logger()

PUBLIC, PRIVATE = ".pub", ".key"

PRIVATE_MODE = 0o600

MAX_KEYS = 16
"""In one folder: two while a key is replaced, or a few departments with one each."""

MAX_FILE_BYTES = 4096
"""Of a key: one has 119."""

LOOK_SECONDS = 1.0
"""Between two looks into the folder."""


class KeyUnusable(FramemeshError):
    """A key cannot be read, or is none."""

    code = Code.INVALID


class KeyRing:
    """The public keys of a folder, as it is now."""

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        """
        Raises:
            KeyUnusable: it has no key, too many, or one that is none.
        """
        self._folder = folder
        self._monotonic = monotonic
        self._seen = _listing(folder)
        self._keys = _read(folder)
        self._looked = monotonic()

    def keys(self) -> Mapping[str, "Ed25519PublicKey"]:
        """By kid. A folder that cannot be read, or is none for a moment, changes nothing."""
        now = self._monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look()
        return self._keys

    def _look(self) -> None:
        try:
            seen = _listing(self._folder)
            if seen == self._seen:
                return
            self._keys = _read(self._folder)
        except KeyUnusable as error:
            if not self._told(str(error)):
                log.error("the keys of tokens cannot be read, the last ones stay", why=str(error))
            return
        self._seen = seen
        log.info("the keys of tokens changed", keys=sorted(self._keys))

    _trouble = ""

    def _told(self, why: str) -> bool:
        """Whether this was said already."""
        told, self._trouble = self._trouble == why, why
        return told


def make_key(folder: Path, kid: str) -> Path:
    """Make a new key; returns the path of its private half.

    Raises:
        InvalidName: the kid is no name.
        KeyUnusable: there is one of this kid, or the folder cannot be written to.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  40 ms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    check_name("key", kid)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = folder / f"{kid}{PRIVATE}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, private, PRIVATE_MODE)
        _create(folder / f"{kid}{PUBLIC}", public, 0o644)
    except FileExistsError as error:
        raise KeyUnusable(f"there is a key {kid!r} already: choose another name") from error
    except OSError as error:
        raise KeyUnusable(f"cannot write to {folder}: {_why(error)}") from error
    return path


def private_key(path: Path) -> "Ed25519PrivateKey":
    """
    Raises:
        KeyUnusable: it cannot be read, is no such key, or others than its owner may read it.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  40 ms
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    try:
        mode = path.stat().st_mode
        content = _bytes(path)
    except OSError as error:
        raise KeyUnusable(f"cannot read the key {path}: {_why(error)}") from error
    if mode & 0o077:
        raise KeyUnusable(f"others may read the key {path}: chmod 600 it, and trust it no more")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        # Not its words: they may have a part of the file.
        raise KeyUnusable(f"{path} is no private key as PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} is no Ed25519 key")
    return key


def _create(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)


def _listing(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file was added, changed or removed."""
    try:
        return tuple(
            sorted(
                (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
                for entry in os.scandir(folder)
                if entry.name.endswith(PUBLIC)
            )
        )
    except OSError as error:
        raise KeyUnusable(f"cannot read the keys of {folder}: {_why(error)}") from error


def _read(folder: Path) -> Mapping[str, "Ed25519PublicKey"]:
    names = [name for name, _, _ in _listing(folder)]
    if not 0 < len(names) <= MAX_KEYS:
        raise KeyUnusable(
            f"{folder} has {len(names)} public keys, and 1 to {MAX_KEYS} are possible: "
            "`framemesh token key` makes one"
        )
    return MappingProxyType({name.removesuffix(PUBLIC): _public(folder / name) for name in names})


def _public(path: Path) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  40 ms
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        check_name("key", path.stem)
        key = load_pem_public_key(_bytes(path))
    except (ValueError, TypeError, InvalidName) as error:
        raise KeyUnusable(f"{path} is no public key as PEM") from error
    except OSError as error:
        raise KeyUnusable(f"cannot read the key {path}: {_why(error)}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path} is no Ed25519 key")
    return key


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES)


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
