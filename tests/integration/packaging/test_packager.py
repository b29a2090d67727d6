"""Images of models in a real registry."""

import asyncio
import io
import json
import tarfile
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.master.packaging.errors import (
    BaseImageUnknown,
    RegistryDenied,
    RegistryFull,
    RegistryUnavailable,
)
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.packaging.login import Login
from framemesh.master.packaging.packager import Packager, Progress
from framemesh.master.packaging.push import PART_BYTES, BlobPush, Pushed
from framemesh.master.packaging.reference import ImageReference
from tests.hand_clock import HandClock
from tests.integration.packaging.conftest import (
    BASE_LAYER,
    NAME,
    Model,
    Shop,
    client,
    open_shop,
    push_base,
)
from tests.registry import PASSWORD, USER, running_registry, small_disk


def blob(shop: Shop, digest: str) -> bytes:
    url = f"http://{shop.process.address}/v2/{NAME}/blobs/{digest}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: bytes = answer.read()
        return found


async def test_an_image_is_the_base_with_a_layer_for_each_model(shop: Shop, tmp_path: Path) -> None:
    models = [Model(700_000), Model(300, b"n")]
    image = await shop.build(*models)
    manifest = json.loads((await shop.registry.manifest(image.digest)).content)
    config = await shop.registry.document(manifest["config"]["digest"])
    layers = [each["digest"] for each in manifest["layers"]]
    assert config["rootfs"]["diff_ids"] == layers
    assert len(config["history"]) == len(layers) == 3
    assert await asyncio.to_thread(blob, shop, layers[0]) == BASE_LAYER
    assert config["config"]["Env"] == ["PATH=/bin", "FRAMEMESH_WORKER_MODELS=/models"]
    assert config["config"]["Cmd"] == ["/worker"]
    for digest in layers[1:]:
        content = await asyncio.to_thread(blob, shop, digest)
        with tarfile.open(fileobj=io.BytesIO(content)) as layer:
            assert all(each.mtime == each.uid == each.gid == 0 for each in layer)
            layer.extractall(tmp_path, filter="data")
    for model in models:
        file = tmp_path / "models" / f"{model.digest}.onnx"
        assert await asyncio.to_thread(file.read_bytes) == model.bytes


async def test_the_same_models_make_the_same_image_in_any_order_and_anywhere(
    shop: Shop, tmp_path: Path
) -> None:
    one, other = Model(5000), Model(6000, b"n")
    image = await shop.build(one, other)
    assert await shop.build(other, one, one) == image
    with running_registry(tmp_path / "elsewhere") as process:
        async with open_shop(process) as elsewhere:
            assert (await elsewhere.build(other, one)).digest == image.digest


async def test_an_image_that_was_built_is_found_and_no_model_is_read(shop: Shop) -> None:
    model = Model(5000)
    assert await shop.packager.find([model.layer]) is None
    image = await shop.build(model)
    reads = model.reads
    assert await shop.packager.find([model.layer]) == image
    assert model.reads == reads
    assert str(image).startswith(f"{shop.process.address}/{NAME}@sha256:")


async def test_a_model_that_is_in_the_registry_is_not_sent_again(shop: Shop) -> None:
    model = Model(5000)
    await shop.build(model)
    assert model.reads == 2
    await shop.build(model, Model(100, b"n"))
    assert model.reads == 3  # for its digest alone


async def test_progress_is_told_in_bytes(shop: Shop) -> None:
    progress, seen = Progress(), set[str]()

    class Watched(Model):
        async def content(self) -> AsyncGenerator[bytes, None]:
            async for chunk in Model.content(self):
                seen.add(str(progress))
                yield chunk

    await shop.packager.build([Watched(3 * PART_BYTES).layer], progress)
    assert "reads detector version 2 for the image of its workers: 50 %, 6.3 of 12.6 MB" in seen
    assert "pushes detector version 2 to the registry: 66 %, 8.4 of 12.6 MB" in seen


async def test_a_push_goes_on_after_the_registry_was_away(shop: Shop) -> None:
    class Interrupted(Model):
        async def content(self) -> AsyncGenerator[bytes, None]:
            passed = 0
            async for chunk in Model.content(self):
                passed += len(chunk)
                if self.reads == 2 and passed > 2.5 * PART_BYTES:
                    shop.process.stop()
                    self.reads += 1
                    asyncio.get_running_loop().call_later(
                        0.5, asyncio.get_running_loop().run_in_executor, None, shop.process.start
                    )
                yield chunk

    model = Interrupted(4 * PART_BYTES)
    image = await shop.build(model)
    manifest = json.loads((await shop.registry.manifest(image.digest)).content)
    content = await asyncio.to_thread(blob, shop, manifest["layers"][1]["digest"])
    assert model.bytes in content


async def test_a_registry_that_stays_away_ends_the_push_with_one_line(shop: Shop) -> None:
    class Impatient(HandClock):
        def monotonic(self) -> float:
            self.seconds += 20
            return self.seconds

    shop.process.stop()

    async def read(offset: int) -> AsyncGenerator[bytes, None]:
        yield b""

    with pytest.raises(RegistryUnavailable, match="does not answer") as caught:
        await BlobPush(shop.registry, Impatient()).run(
            Pushed("sha256:" + 64 * "0", 1, read), lambda _: None
        )
    assert "\n" not in str(caught.value)


async def test_a_registry_that_is_full_says_so_at_once(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk, running_registry(disk) as process:
        async with open_shop(process) as shop:
            with pytest.raises(RegistryFull, match="is full: remove images"):
                await shop.build(Model(3 * PART_BYTES))


async def test_a_base_that_is_not_there_says_what_to_push(shop: Shop) -> None:
    reference = ImageReference(shop.process.address, NAME, "sha256:" + 64 * "1")
    packager = Packager(reference, shop.registry, SystemClock())
    with pytest.raises(BaseImageUnknown, match="push the image of the workers"):
        await packager.build([Model(10).layer], Progress())


async def test_a_registry_with_a_login_takes_the_right_one_and_no_other(tmp_path: Path) -> None:
    with running_registry(tmp_path / "r", login=True) as process, closing(HttpClient()) as http:
        await push_base(client(http, process, Login(USER, PASSWORD)))
        wrong = client(http, process, Login(USER, "guess"))
        with pytest.raises(RegistryDenied, match="does not admit user 'street'"):
            await push_base(wrong)
        with pytest.raises(RegistryDenied, match="REGISTRY_USER"):
            await push_base(client(http, process))
