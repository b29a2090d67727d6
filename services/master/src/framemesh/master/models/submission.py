"""Submitting a model: what is to come is announced, and only what the master lacks is sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.spool import Spool
from framemesh.master.models.transfers import Transfers
from framemesh.master.models.upload import ModelTooLarge, Upload
from framemesh.modeling.loadable import MAX_FILE_BYTES
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.modeling.onnx_file import check_beginning
from framemesh.modeling.validation import validate_model


@dataclass(frozen=True, slots=True)
class Announcement:
    """A model that is to come."""

    manifest: ModelManifest
    size_bytes: int
    digest: str
    """SHA-256 of the ONNX file, in hexadecimal."""
    version: int = 0
    """The number that it is to have; 0: the next one."""


class UploadCutOff(FramemeshError):
    """The chunks ended before the file did."""

    code = Code.UNAVAILABLE


EXPIRE_SECONDS = 600.0
"""Between two looks at what is kept of calls that broke, beside that of each submission."""

ResumeAt = Callable[[int], Awaitable[None]]
"""Told how many bytes of the file the master has: the chunks go on from there."""


class ModelSubmission:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, catalog: ModelCatalog, spool: Spool, transfers: Transfers) -> None:
        """`transfers` bounds how many files are on their way at once."""
        self._catalog = catalog
        self._spool = spool
        self._transfers = transfers

    async def expire_continuously(self) -> None:
        """Remove what is kept of calls that broke and gets too old, until cancelled."""
        while True:
            await asyncio.to_thread(self._spool.expire)
            await asyncio.sleep(EXPIRE_SECONDS)

    async def submit(
        self, announced: Announcement, chunks: AsyncIterator[bytes], resume_at: ResumeAt
    ) -> ModelVersion:
        """Store a model under its next version; the same file and manifest keep their version.

        Raises:
            ModelTooLarge: it is over the limit; told before anything is sent.
            VersionTaken: another model has the number that was asked for.
            ModelInvalid, UnknownDecoder: file and manifest do not fit together.
            UploadCutOff, UploadDamaged, UploadBusy: submit it again; what came is kept.
            SpoolFailed, NoRoomForModel: it fits nowhere.
            TooManyTransfers: too many others are on their way.
        """
        if announced.size_bytes > MAX_FILE_BYTES:
            raise ModelTooLarge(
                f"the file has {announced.size_bytes} bytes, and a model at most {MAX_FILE_BYTES} "
                "(2 GiB): export it in float16, or use a smaller one"
            )
        manifest, digest = announced.manifest, announced.digest
        if (known := await self._catalog.known(manifest, digest, announced.version)) is not None:
            return known
        async with (
            self._transfers.turn(),
            self._spool.upload(digest, announced.size_bytes) as upload,
        ):
            if await self._catalog.files.has(digest):
                await upload.restart()
                await _receive(upload, self._catalog.files.read(digest), manifest)
                await resume_at(upload.size_bytes)
            else:
                await resume_at(upload.received_bytes)
                await _receive(upload, chunks, manifest)
            await upload.check()
            validated = await asyncio.to_thread(validate_model, manifest, upload.path)
            return await self._catalog.register(
                manifest, upload, validated.result, announced.version
            )


async def _receive(upload: Upload, chunks: AsyncIterator[bytes], manifest: ModelManifest) -> None:
    async for chunk in chunks:
        if not upload.received_bytes:
            # Two gigabytes of something else are refused by their first bytes.
            check_beginning(chunk, f"model {manifest.name}: file: {manifest.file}")
        await upload.write(chunk)
    if upload.received_bytes < upload.size_bytes:
        raise UploadCutOff(
            f"{upload.received_bytes} of {upload.size_bytes} bytes came: submit the model again, "
            "which goes on from there"
        )
