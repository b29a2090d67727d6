"""What is submitted is announced, sent once, and gone on with where a connection broke."""

import asyncio

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.conftest import Master, announcement, manifest, onnx_file
from tests.integration.services.running import MIB, status_of

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
CONTENT = onnx_file(padding=3 * MIB)


async def asked_for(running: Master, announced: model_pb2.ModelAnnouncement) -> int | None:
    """The byte from which the master wants a file; None: it has the model. Nothing is sent."""
    call = running.models.SubmitModel()
    await call.write(model_pb2.SubmitModelRequest(announcement=announced))
    answer = await call.read()
    assert isinstance(answer, model_pb2.SubmitModelResponse)
    call.cancel()
    return answer.received_bytes if answer.WhichOneof("part") == "received_bytes" else None


async def test_a_submission_that_broke_goes_on_where_it_was(running: Master) -> None:
    announced = announcement(manifest(name="large"), CONTENT)
    code, line = await status_of(running.submit(announced, CONTENT, until=2 * MIB))
    assert (code, line) == (
        grpc.StatusCode.UNAVAILABLE,
        f"{2 * MIB} of {len(CONTENT)} bytes came: submit the model again, which goes on from there",
    )
    assert await asked_for(running, announced) == 2 * MIB
    # The other manifest is of the same file.
    other = announcement(manifest(name="copy"), CONTENT)
    assert (await running.submit(other, CONTENT)).model.name == "copy"
    assert (await running.submit(announced, CONTENT)).model.version == 1


async def test_what_the_master_has_is_not_sent_again(running: Master) -> None:
    announced = announcement(None, onnx_file())
    assert await asked_for(running, announced) is None
    # Of another manifest the file is there: what is asked for begins at its end.
    other = announcement(manifest(description="another"), onnx_file())
    assert await asked_for(running, other) == len(onnx_file())
    assert (await running.submit(other, b"")).model.version == 2


async def test_a_file_over_the_limit_is_refused_before_it_is_sent(running: Master) -> None:
    code, line = await status_of(asked_for(running, announcement(None, b"x", size_bytes=1 << 31)))
    assert code is INVALID
    assert line == (
        "the file has 2147483648 bytes, and a model at most 2147483647 (2 GiB): export it in "
        "float16, or use a smaller one"
    )


@pytest.mark.parametrize("head", [bytes(MIB), b"PK\x03\x04", b"\x80\x02}q\x00"])
async def test_what_is_no_onnx_file_is_refused_by_its_first_bytes(
    running: Master, head: bytes
) -> None:
    announced = announcement(None, b"x", size_bytes=2_000_000_000)
    call = running.models.SubmitModel()
    await call.write(model_pb2.SubmitModelRequest(announcement=announced))
    await call.read()
    await call.write(model_pb2.SubmitModelRequest(chunk=head))
    code, line = await status_of(call.read())
    assert code is INVALID
    assert line.startswith("model person: file: model.onnx is not an ONNX model that can be read")
    assert await asked_for(running, announced) == 0


async def test_another_file_than_was_announced_is_not_kept(running: Master) -> None:
    announced = announcement(manifest(name="large"), CONTENT)
    code, line = await status_of(running.submit(announced, CONTENT[:-1] + b"x"))
    assert code is INVALID
    assert line.startswith("the file that came does not have the SHA-256 that was announced")
    assert await asked_for(running, announced) == 0


async def test_a_version_that_is_there_with_another_file_stays(running: Master) -> None:
    assert (await running.register(version=1)).version == 1
    code, line = await status_of(running.register(content=onnx_file(padding=1), version=1))
    assert code is CONFLICT
    assert line == (
        "version 1 of model 'person' is there with another file or manifest: choose 2 or more, or "
        "let the master choose"
    )
    assert (await running.register(content=onnx_file(padding=1), version=5)).version == 5
    assert (await running.register(content=onnx_file(padding=2))).version == 6
    request = model_pb2.DeleteModelRequest(name="person", version=6)
    await running.models.DeleteModel(request)
    code, line = await status_of(running.register(content=onnx_file(padding=2), version=6))
    assert (code, line.split(":")[0]) == (CONFLICT, "version 6 of model 'person' was deleted")


async def test_one_file_submitted_by_many_at_once_is_stored_once(
    running: Master, nats_broker: Broker
) -> None:
    models = await asyncio.gather(
        *(running.register(manifest(name="large", description=f"{n}"), CONTENT) for n in range(4))
    )
    assert sorted(model.version for model in models) == [1, 2, 3, 4]
    info = await nats_broker.request("$JS.API.STREAM.INFO.OBJ_framemesh-model-files", {})
    assert int(info["state"]["bytes"]) < 2 * len(CONTENT)
