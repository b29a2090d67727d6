"""Which versions of a model can be deleted, and what is left of them."""

import grpc

from framemesh.api.master.v1 import model_pb2, pipeline_pb2
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.conftest import Master, connect, manifest, onnx_file
from tests.integration.services.running import status_of
from tests.waiting import eventually

REFUSED = grpc.StatusCode.FAILED_PRECONDITION


async def delete(running: Master, version: int, name: str = "person") -> model_pb2.Model:
    request = model_pb2.DeleteModelRequest(name=name, version=version)
    return (await running.models.DeleteModel(request)).model


async def users(running: Master, version: int) -> list[str]:
    request = model_pb2.GetModelRequest(name="person", version=version)
    found = (await running.models.GetModel(request)).users
    return [user.pipeline for user in found if user.version == version]


async def chunks(broker: Broker) -> int:
    """Messages in the store of files."""
    info = await broker.request("$JS.API.STREAM.INFO.OBJ_framemesh-model-files", {})
    return int(info["state"]["messages"])


async def test_a_version_that_a_pipeline_uses_stays(running: Master) -> None:
    await running.apply(workers=0)
    assert await users(running, 1) == ["street"]
    line = (
        "version 1 of model 'person' is used by street: apply another version there and wait until"
        " it is known to work, or delete the pipeline"
    )
    assert await status_of(delete(running, 1)) == (REFUSED, line)
    await running.register(manifest(description="another"), onnx_file(padding=1))
    await running.apply(workers=0)
    assert await users(running, 2) == ["street"]
    # It comes back if the new one does not work.
    assert await status_of(delete(running, 1)) == (REFUSED, line)
    await running.delete()
    assert (await delete(running, 1)).version == 1
    request = model_pb2.GetModelRequest(name="person", version=1)
    assert await status_of(running.models.GetModel(request)) == (
        grpc.StatusCode.NOT_FOUND,
        "model 'person' has no version 1, the newest is 2",
    )


async def test_a_version_that_workers_of_another_revision_have_stays(running: Master) -> None:
    await running.apply()
    await running.register(manifest(description="another"), onnx_file(padding=1))
    second = (await running.apply()).revision
    agent = await connect(running.channel, "east", **{"street-0": second})
    await running.pipelines.RollBackPipeline(pipeline_pb2.RollBackPipelineRequest(name="street"))
    line = (
        f"workers of revision {second} of street still run with version 2 of model 'person': wait "
        "until they are replaced"
    )
    await eventually(lambda: status_of(delete(running, 2)), until=lambda found: found[1] == line)
    agent.workers = []
    await agent.report()
    await eventually(lambda: status_of(delete(running, 2)), until=lambda found: not found[1])
    agent.leave()


async def test_the_current_version_stays_while_there_are_others(running: Master) -> None:
    await running.register(manifest(description="two"))
    await running.models.PromoteModel(model_pb2.PromoteModelRequest(name="person", version=1))
    assert await status_of(delete(running, 1)) == (
        REFUSED,
        "version 1 of model 'person' is its current one: promote another first",
    )
    await delete(running, 2)
    await delete(running, 1)
    assert (await running.register()).current_version == 3


async def test_the_file_goes_with_the_last_version_that_has_it(
    running: Master, nats_broker: Broker
) -> None:
    before = await chunks(nats_broker)
    await running.register(manifest(description="the same file"))
    assert await chunks(nats_broker) == before
    await delete(running, 1)
    assert await chunks(nats_broker) == before
    await delete(running, 2)
    assert await chunks(nats_broker) == 0
    listed = await running.models.ListModels(model_pb2.ListModelsRequest())
    assert not listed.models


async def test_the_number_of_a_deleted_version_is_never_used_again(running: Master) -> None:
    assert (await running.register(manifest(description="two"))).version == 2
    await delete(running, 2)
    assert (await running.register(manifest(description="three"))).version == 3
    await delete(running, 3)
    await delete(running, 1)
    assert (await running.register(manifest(description="four"))).version == 4


async def test_what_is_not_there_is_named(running: Master) -> None:
    assert await status_of(delete(running, 7)) == (
        grpc.StatusCode.NOT_FOUND,
        "model 'person' has no version 7, the newest is 1",
    )
    assert await status_of(delete(running, 0)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "name the version that is to be deleted",
    )
    code, line = await status_of(delete(running, 1, "cat"))
    assert (code, line.split(":")[0]) == (grpc.StatusCode.NOT_FOUND, "no model is named 'cat'")
