"""The registered models: their versions, and which of them is current."""

from collections.abc import AsyncGenerator, Collection, Sequence, Set

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.results import ResultBound
from framemesh.master.models.entries import BUCKET, ModelEntries
from framemesh.master.models.files import ModelFiles
from framemesh.master.models.promotions import PromotionStore
from framemesh.master.models.transfers import Download, Transfers
from framemesh.master.models.upload import Upload
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.runtime.concurrency.keyed_locks import KeyedLocks
from framemesh.runtime.jetstream.api.errors import MessageNotFound
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()


class ModelUnknown(FramemeshError):
    """No such model, or no such version of it, is registered."""

    code = Code.NOT_FOUND


class VersionTaken(FramemeshError):
    """A version has another manifest or file than what is to be registered under its number."""

    code = Code.CONFLICT


class ModelCatalog:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker, transfers: Transfers) -> None:
        """`transfers` bounds how many files are on their way."""
        bucket = KeyValueBucket(broker, BUCKET)
        self._entries = ModelEntries(bucket)
        self.promotions = PromotionStore(bucket)
        self.files = ModelFiles(broker)
        self._transfers = transfers
        # Two registrations of one model must not both take the next version, nor two of one file
        # write it at once.
        self._changing = KeyedLocks()

    async def create(self) -> None:
        """Make the buckets, unless they are there."""
        await self._entries.create()
        await self.files.create()

    async def known(
        self, manifest: ModelManifest, digest: str, version: int
    ) -> ModelVersion | None:
        """The version that has this manifest and file; None: there is none, or the file is gone.

        Args:
            version: that it has to be; 0: any.

        Raises:
            VersionTaken: that one has another manifest or file, or was deleted.
        """
        found = await self._same(manifest, digest, version)
        return found if found is not None and await self.files.has(digest) else None

    async def register(
        self, manifest: ModelManifest, upload: Upload, result: ResultBound, version: int = 0
    ) -> ModelVersion:
        """Store a model that was validated; the same file and manifest keep their version.

        Args:
            version: the number that it is to have; 0: the next one.

        Raises:
            VersionTaken: another model has that number, or had it.
            NoRoomForModel: the broker does not take the file.
        """
        async with self._changing.exclusive(_file(upload.digest)):
            # A version that is taken is refused before its file is stored.
            await self._same(manifest, upload.digest, version)
            # The file first: a manifest without a file would be a model that cannot be loaded.
            await self.files.store(manifest.name, upload)
            try:
                async with self._changing.exclusive(_model(manifest.name)):
                    return await self._numbered(manifest, upload, result, version)
            except VersionTaken:
                await self._drop_unless_named(upload.digest)
                raise

    async def _numbered(
        self, manifest: ModelManifest, upload: Upload, result: ResultBound, version: int
    ) -> ModelVersion:
        """The entry of a model whose file is stored; its number is given here."""
        if known := await self._same(manifest, upload.digest, version):
            return known
        number = version or 1 + await self._entries.highest_used(manifest.name)
        model = ModelVersion(manifest, number, upload.size_bytes, upload.digest, result)
        await self._entries.add(model)
        log.info("model registered", model=manifest.name, version=number, bytes=model.size_bytes)
        return model

    async def list(self) -> list[ModelVersion]:
        """All versions of all models that can be read, by name and version."""
        return await self._entries.all()

    async def find(self, name: str, version: int = 0) -> ModelVersion:
        """One version of a model; 0 is the current one. What is wrong with others does not matter.

        Raises:
            ModelUnknown: no such model is registered.
            ModelUnreadable: its entry was damaged.
        """
        versions = await self._entries.versions(name)
        if not versions:
            raise ModelUnknown(
                f"no model is named {name!r}: register it with `framemesh model submit`"
            )
        if version and version not in versions:
            newest = max(versions)
            raise ModelUnknown(f"model {name!r} has no version {version}, the newest is {newest}")
        return await self._entries.get(name, version or await self._current(name, versions))

    async def current(self, name: str) -> int:
        """The version that was promoted last, else the newest; 0: there is none."""
        return await self._current(name, await self._entries.versions(name))

    async def named_files(self, digests: Collection[str]) -> Set[str]:
        """Those of these files that a version of a model has, readable or not."""
        return await self._entries.named(digests)

    async def is_promoted(self, name: str, version: int) -> bool:
        """Whether a version is current because it was promoted, and others are there."""
        promoted = (await self.promotions.get(name)).current
        return promoted == version and len(await self._entries.versions(name)) > 1

    async def delete(self, name: str, version: int) -> ModelVersion:
        """Remove a version, and its file unless another version has the same; its number is never
        used again. Returns what it was.

        Raises:
            ModelUnknown, ModelUnreadable: as `find`.
        """
        async with self._changing.exclusive(_model(name)):
            model = await self.find(name, version)
            # The manifest first: without a file it would be a model that cannot be loaded.
            await self._entries.remove(name, version)
            promotions = await self.promotions.get(name)
            if version in promotions.versions:
                await self.promotions.put(name, promotions.without(version))
        # Not while the model is held: the same file may be on its way for minutes.
        async with self._changing.exclusive(_file(model.digest)):
            await self._drop_unless_named(model.digest)
        log.info("model deleted", model=name, version=version)
        return model

    async def _drop_unless_named(self, digest: str) -> None:
        if not await self._entries.named({digest}):
            await self.files.delete(digest)

    async def content(self, model: ModelVersion, worker: str = "") -> AsyncGenerator[bytes, None]:
        """The ONNX file of a model, in chunks; nothing is read ahead of who takes them.

        Args:
            worker: who asks, for `download_of`.

        Raises:
            ModelUnknown, ObjectDamaged: the file, or a part of it, is gone.
            TooManyTransfers: too many others are on their way.
        """
        with self._transfers.download(worker, model) as download:
            async with self._transfers.turn():
                download.started = True
                try:
                    async for chunk in self.files.read(model.digest):
                        yield chunk
                        download.sent_bytes += len(chunk)
                except MessageNotFound as error:
                    raise ModelUnknown(
                        f"the file of model {model.manifest.name} is gone: submit it again"
                    ) from error

    def download_of(self, worker: str) -> Download | None:
        """What a worker waits for now."""
        return self._transfers.download_of(worker)

    async def _same(
        self, manifest: ModelManifest, digest: str, version: int
    ) -> ModelVersion | None:
        """The version with this manifest and file, which has to be `version` unless that is 0."""
        name = manifest.name
        versions = await self._entries.versions(name)
        for number in versions if not version else {version} & {*versions}:
            found = await self._entries.readable(name, number)
            if found and found.manifest == manifest and found.digest == digest:
                return found
        highest = await self._entries.highest_used(name)
        if version and version <= highest:
            why = "is there with another file or manifest" if version in versions else "was deleted"
            raise VersionTaken(
                f"version {version} of model {name!r} {why}: choose {highest + 1} or more, or let "
                "the master choose"
            )
        return None

    async def _current(self, name: str, versions: Sequence[int]) -> int:
        promoted = (await self.promotions.get(name)).current
        return promoted if promoted in versions else max(versions, default=0)


def _model(name: str) -> str:
    """The key of a model among those that are changed."""
    return f"model {name}"


def _file(digest: str) -> str:
    """The key of a file, which several models may have."""
    return f"file {digest}"
