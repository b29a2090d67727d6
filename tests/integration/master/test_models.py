"""Registering, listing and downloading models."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from onnx import TensorProto

from framemesh.api.master.v1 import model_pb2
from tests.integration.master.conftest import Master, announcement, manifest, onnx_file
from tests.integration.services.running import MIB, status_of

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND

Parts = list[model_pb2.SubmitModelRequest]


async def download(running: Master, name: str, version: int = 0) -> tuple[dict[str, Any], bytes]:
    """The manifest and the file, which is what was announced."""
    wanted = model_pb2.GetModelRequest(name=name, version=version)
    known = await running.models.GetModel(wanted)
    announced, content = None, b""
    request = model_pb2.DownloadModelRequest(name=name, version=version)
    async for part in running.models.DownloadModel(request):
        if part.WhichOneof("part") == "model":
            assert announced is None
            announced = part.model
        else:
            assert announced is not None, "size and digest come first"
            assert len(part.chunk) <= MIB
            content += part.chunk
    assert announced == known.model
    assert announced.size_bytes == len(content)
    assert announced.digest == hashlib.sha256(content).hexdigest()
    return json.loads(known.manifest), content


async def listed(running: Master) -> list[tuple[str, int]]:
    models = (await running.models.ListModels(model_pb2.ListModelsRequest())).models
    return [(model.name, model.version) for model in models]


async def test_a_model_comes_back_byte_for_byte(running: Master) -> None:
    content = onnx_file(padding=5 * MIB)
    model = await running.register(manifest(name="large", description="5 MB"), content)
    assert (model.name, model.version, model.description) == ("large", 1, "5 MB")
    assert (model.size_bytes, model.digest) == (len(content), hashlib.sha256(content).hexdigest())
    document, found = await download(running, "large")
    assert found == content
    assert (document["labels"], document["input"]["name"]) == (["person"], "images")


async def test_a_manifest_that_was_downloaded_can_be_registered(running: Master) -> None:
    document, content = await download(running, "person")
    assert (await running.register(document, content)).version == 1


async def test_the_same_again_is_the_same_version_and_any_change_a_new_one(
    running: Master,
) -> None:
    assert (await running.register()).version == 1
    assert (await running.register(manifest(labels=["human"]))).version == 2
    assert (await running.register(content=onnx_file(padding=1))).version == 3
    assert (await running.register(manifest(labels=["human"]))).version == 2
    assert await listed(running) == [("person", 1), ("person", 2), ("person", 3)]
    assert (await download(running, "person", 2))[0]["labels"] == ["human"]
    assert (await download(running, "person"))[1] == onnx_file(padding=1)


async def test_registrations_at_once_get_versions_of_their_own(running: Master) -> None:
    models = await asyncio.gather(
        *(running.register(manifest(description=f"{n}"), onnx_file(padding=n)) for n in range(4))
    )
    assert sorted(model.version for model in models) == [2, 3, 4, 5]
    for model in models:
        _, content = await download(running, "person", model.version)
        assert hashlib.sha256(content).hexdigest() == model.digest


async def test_a_download_is_not_disturbed_by_a_registration_of_the_same_file(
    running: Master,
) -> None:
    content = onnx_file(padding=3 * MIB)
    await running.register(manifest(name="large"), content)
    found = await asyncio.gather(
        *(download(running, "large", 1) for _ in range(4)),
        *(running.register(manifest(name="large", description=f"{n}"), content) for n in range(4)),
    )
    assert all(each[1] == content for each in found if isinstance(each, tuple))


@pytest.mark.parametrize(
    ("document", "content", "line"),
    [
        (manifest(input__name="x"), onnx_file(), "input.name: the file has no input 'x', it has"),
        (manifest(input__dtype="float32"), onnx_file(), "input.dtype: the input is images UINT8"),
        (manifest(), onnx_file(dtype=TensorProto.DOUBLE), "input.dtype: the input is images FP64"),
        (manifest(input__width=65), onnx_file(), "input.width, height, layout, color: the input"),
        (manifest(input__layout="nchw"), onnx_file(), "layout, color: the input is images"),
        (manifest(), onnx_file(shape=(48, 64, 3)), "UINT8 [48, 64, 3] has no batch dimension"),
        (
            manifest(max_batch=8),
            onnx_file(shape=(4, 48, 64, 3)),
            "[4, 48, 64, 3] takes 4 images at",
        ),
        (manifest(decoder__name="ssd"), onnx_file(), "decoder ssd expects two outputs, scores"),
        (manifest(decoder__name="yolo"), onnx_file(), "decoder.name: no decoder 'yolo'"),
        (manifest(), b"", "file: model.onnx is not an ONNX model"),
        (manifest(), b"\xff\xd8\xff" * 100, "file: model.onnx is not an ONNX model"),
        (manifest(), onnx_file()[:-40], "file: model.onnx is not an ONNX model"),
        (manifest(), bytes(range(256)) * 20, "file: model.onnx is not an ONNX model"),
        (manifest(name="a.b"), onnx_file(), "model.yaml: name: bad name 'a.b'"),
        (manifest(labels=None), onnx_file(), "model.yaml: labels: is missing"),
        (manifest(input__width=0), onnx_file(), "model.yaml: input.width: "),
        (manifest(size=1), onnx_file(), "model.yaml: size: is not a field"),
    ],
)
async def test_what_does_not_fit_is_named(
    running: Master, document: dict[str, Any], content: bytes, line: str
) -> None:
    code, found = await status_of(running.register(document, content))
    assert code is INVALID
    assert line in found
    assert await listed(running) == [("person", 1)]


async def test_a_fixed_batch_of_one_fits_a_manifest_that_says_so(running: Master) -> None:
    content = onnx_file(shape=(1, 48, 64, 3))
    assert (await running.register(manifest(max_batch=1), content)).version == 2


ANNOUNCED = announcement(None, onnx_file())
FIRST = model_pb2.SubmitModelRequest(announcement=ANNOUNCED)
CHUNK = model_pb2.SubmitModelRequest(chunk=onnx_file())
OTHER = announcement(manifest(name="other"), onnx_file(padding=1))


def first(**changes: Any) -> model_pb2.SubmitModelRequest:
    return model_pb2.SubmitModelRequest(announcement=announcement(None, b"x", **changes))


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([], "the first message must be the announcement"),
        ([CHUNK, FIRST], "the first message must be the announcement"),
        (
            [model_pb2.SubmitModelRequest(announcement=OTHER), FIRST],
            "after the announcement, send chunks of the file only",
        ),
        (
            [model_pb2.SubmitModelRequest(announcement=OTHER), model_pb2.SubmitModelRequest()],
            "after the announcement, send chunks of the file only",
        ),
        ([first(manifest="{")], "the manifest is no JSON document"),
        ([first(manifest="[]")], "model.yaml: "),
        ([first(digest="../../etc/passwd")], "the digest must be a SHA-256 in 64 lower-case"),
    ],
    ids=["nothing", "chunk first", "twice", "empty part", "no JSON", "no mapping", "no digest"],
)
async def test_a_violation_of_the_protocol_is_told(
    running: Master, parts: Parts, line: str
) -> None:
    async def sent() -> AsyncIterator[model_pb2.SubmitModelRequest]:
        for part in parts:
            yield part

    async def answered() -> None:
        async for _ in running.models.SubmitModel(sent()):
            pass

    code, found = await status_of(answered())
    assert code is INVALID
    assert line in found


async def test_an_unknown_model_is_told_with_what_to_do(running: Master) -> None:
    assert await status_of(download(running, "cat")) == (
        NOT_FOUND,
        "no model is named 'cat': register it with `framemesh model submit`",
    )
    assert await status_of(download(running, "person", 7)) == (
        NOT_FOUND,
        "model 'person' has no version 7, the newest is 1",
    )
