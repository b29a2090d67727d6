"""Files of models are downloaded once, compared, placed whole, and bounded.

Two caches over one folder are two workers: their locks are those of two processes.
"""

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest, ModelVersion
from framemesh.modeling.source import FolderSource
from framemesh.worker.models.cache import (
    MAX_UNUSED_SECONDS,
    CacheUnusable,
    ModelCache,
    ModelDamaged,
)

MANIFEST = ModelManifest(
    "person", "1/m.onnx", ("a",), InputSpec("in", 8, 8), DecoderSpec("centernet")
)
CONTENT = os.urandom(10_000)


def model(content: bytes = CONTENT) -> ModelVersion:
    return ModelVersion(MANIFEST, 1, len(content), hashlib.sha256(content).hexdigest())


class Download:
    """A download that counts, and may wait in its middle or bring something else."""

    def __init__(self, content: bytes = CONTENT, failure: Exception | None = None) -> None:
        self.content = content
        self.failure = failure
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()

    async def __call__(self, file: BinaryIO) -> None:
        self.count += 1
        file.write(self.content[:5000])
        self.begun.set()
        await self.may_end.wait()
        if self.failure:
            raise self.failure
        file.write(self.content[5000:])


@pytest.fixture
def caches(tmp_path: Path) -> Iterator[tuple[ModelCache, ModelCache]]:
    """Two workers of one node."""
    both = ModelCache(tmp_path / "models"), ModelCache(tmp_path / "models")
    yield both
    for cache in both:
        cache.close()


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "models").iterdir())


async def test_a_file_is_downloaded_once_for_stages_workers_and_restarts(
    caches: tuple[ModelCache, ModelCache], tmp_path: Path
) -> None:
    first, second = caches
    download = Download()
    for cache in (first, first, second):
        path = await cache.fetch(model(), download)
        assert path.read_bytes() == CONTENT
    first.close()
    await first.fetch(model(), download)
    assert download.count == 1
    assert names(tmp_path) == [f"{model().digest}.onnx"]


async def test_workers_that_start_at_once_share_a_download(
    caches: tuple[ModelCache, ModelCache], tmp_path: Path
) -> None:
    download = Download()
    download.may_end.clear()
    async with asyncio.TaskGroup() as tasks:
        found = [tasks.create_task(cache.fetch(model(), download)) for cache in (*caches, *caches)]
        await download.begun.wait()
        assert names(tmp_path) == [f"{model().digest}.onnx.part"]
        download.may_end.set()
    assert {task.result().read_bytes() for task in found} == {CONTENT}
    assert download.count == 1
    assert names(tmp_path) == [f"{model().digest}.onnx"]


async def test_who_waits_takes_over_from_a_download_that_ends_halfway(
    caches: tuple[ModelCache, ModelCache],
) -> None:
    first, second = caches
    download, other = Download(), Download()
    download.may_end.clear()
    cut_off = asyncio.ensure_future(first.fetch(model(), download))
    await download.begun.wait()
    waiting = asyncio.ensure_future(second.fetch(model(), other))
    await asyncio.sleep(0)
    cut_off.cancel()
    assert (await waiting).read_bytes() == CONTENT
    assert (download.count, other.count) == (1, 1)


@pytest.mark.parametrize("damage", [CONTENT[:-1], b"", CONTENT[:-1] + b"x", CONTENT + b"x"])
async def test_a_file_that_was_damaged_is_found_and_fetched_again(
    caches: tuple[ModelCache, ModelCache], damage: bytes
) -> None:
    first, second = caches
    download = Download()
    path = await first.fetch(model(), download)
    # CONTENT may end with that byte.
    path.write_bytes(damage if damage != CONTENT else CONTENT[:-1] + b"y")
    assert (await second.fetch(model(), download)).read_bytes() == CONTENT
    assert download.count == 2


async def test_what_a_killed_worker_left_is_written_over(
    caches: tuple[ModelCache, ModelCache], tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f"{model().digest}.onnx.part").write_bytes(b"z" * 50_000)
    path = await caches[0].fetch(model(), Download())
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("content", [CONTENT[:9000], b"", CONTENT * 2, CONTENT[::-1]])
async def test_another_file_than_was_announced_is_not_kept(
    caches: tuple[ModelCache, ModelCache], tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ModelDamaged, match="person is not the file that was announced"):
        await caches[0].fetch(model(), Download(content))
    assert f"{model().digest}.onnx" not in names(tmp_path)
    assert (await caches[0].fetch(model(), Download())).read_bytes() == CONTENT


async def test_a_full_disk_is_one_line(caches: tuple[ModelCache, ModelCache]) -> None:
    full = Download(failure=OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(CacheUnusable, match=r"cannot store the 10000 bytes .*: no space left on"):
        await caches[0].fetch(model(), full)


async def test_files_that_nobody_uses_go_when_there_are_too_many(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    contents = [os.urandom(1000) for _ in range(5)]
    digests = [model(content).digest for content in contents]
    using, other = ModelCache(folder, max_bytes=2500), ModelCache(folder, max_bytes=2500)
    await using.fetch(model(contents[0]), Download(contents[0]))
    for age, content in enumerate(contents[1:]):
        path = await other.fetch(model(content), Download(content))
        os.utime(path, (time.time() - 100 + age,) * 2)
        other.close()
    # The first is in use; of the others the one that was used last has room.
    assert set(names(tmp_path)) == {f"{digests[0]}.onnx", f"{digests[4]}.onnx"}
    using.close()


async def test_a_file_that_was_not_used_for_long_goes(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    old = await cache.fetch(model(), Download())
    cache.close()
    os.utime(old, (time.time() - MAX_UNUSED_SECONDS - 1,) * 2)
    new = await cache.fetch(model(b"new"), Download(b"new"))
    cache.close()
    assert names(tmp_path) == [new.name]


async def test_a_folder_of_models_is_read_by_digest_or_by_name(tmp_path: Path) -> None:
    source = FolderSource(tmp_path)
    assert await source.fetch(model()) is None
    named, digested = tmp_path / "person/1/m.onnx", tmp_path / f"{model().digest}.onnx"
    named.parent.mkdir(parents=True)
    named.write_bytes(b"another version")
    assert await source.fetch(model()) is None
    named.write_bytes(CONTENT)
    found = await source.fetch(model())
    assert found is not None
    assert found.onnx == named
    digested.write_bytes(CONTENT)
    found = await source.fetch(model())
    assert found is not None
    assert found.onnx == digested
