"""A layer with one model: a tar that depends on nothing but the model.

It is not compressed: weights hardly shrink, what a compressor makes depends on its version, and so
the digest of the layer is that of its content.
"""

import hashlib
import tarfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

FOLDER = "models"
"""In the root of the image: what FRAMEMESH_WORKER_MODELS names there."""

BLOCK = tarfile.BLOCKSIZE

Content = Callable[[], AsyncGenerator[bytes, None]]
"""Reads the file of a model from its beginning."""


@dataclass(frozen=True, slots=True)
class LayerDigest:
    """What a manifest says of a layer."""

    digest: str
    """As `sha256:...`, of the tar."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelLayer:
    """The tar of one file, `/models/<digest>.onnx`."""

    digest: str
    """SHA-256 of the file, in hexadecimal."""
    file_bytes: int
    content: Content
    name: str = "a model"
    """For a person, as `detector version 2`."""

    @property
    def size_bytes(self) -> int:
        return len(self._head()) + _padded(self.file_bytes) + 2 * BLOCK

    async def read(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """The tar in parts, from a byte of it on."""
        passed = 0
        async with aclosing(self._parts()) as parts:
            async for part in parts:
                if passed + len(part) > offset:
                    yield part[max(0, offset - passed) :]
                passed += len(part)

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        yield self._head()
        written = 0
        async with aclosing(self.content()) as content:
            async for chunk in content:
                written += len(chunk)
                yield chunk
        yield bytes(_padded(written) - written + 2 * BLOCK)

    def _head(self) -> bytes:
        folder = _entry(FOLDER, tarfile.DIRTYPE, 0o755, 0)
        return folder + _entry(
            f"{FOLDER}/{self.digest}.onnx", tarfile.REGTYPE, 0o444, self.file_bytes
        )


async def digest_of(layer: ModelLayer, passed: Callable[[int], None]) -> LayerDigest:
    """Read a layer once.

    Args:
        passed: called with the bytes of each part.
    """
    digest, size = hashlib.sha256(), 0
    async with aclosing(layer.read()) as parts:
        async for part in parts:
            digest.update(part)
            size += len(part)
            passed(len(part))
    return LayerDigest(f"sha256:{digest.hexdigest()}", size)


def _entry(name: str, kind: bytes, mode: int, size: int) -> bytes:
    """A header without what differs between machines: owner root, and the time 0."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.mtime = kind, mode, size, 0
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
