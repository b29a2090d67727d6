"""Which version pipelines get that name none, and how those that run come to another."""

from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2
from tests.integration.master.conftest import Master, manifest
from tests.integration.services.running import status_of

PERSON = {"name": "people", "model": "person"}
PINNED = {**PERSON, "model_version": 1}
LABELS = manifest(labels=["human"])


@pytest.fixture
async def two(running: Master) -> Master:
    """With version 2 of `person`, which came after the pipeline `street` was applied."""
    await running.apply(workers=0)
    await running.register(manifest(description="two"))
    return running


async def promote(running: Master, version: int, name: str = "person") -> model_pb2.Promotion:
    request = model_pb2.PromoteModelRequest(name=name, version=version)
    return (await running.models.PromoteModel(request)).promotion


async def roll_back(running: Master) -> model_pb2.Promotion:
    request = model_pb2.RollBackModelRequest(name="person")
    return (await running.models.RollBackModel(request)).promotion


async def versions(running: Master, name: str = "street") -> list[int]:
    return [stage.model_version for stage in (await running.get(name)).spec.stages]


async def current(running: Master) -> tuple[int, int]:
    """The current version, and what a roll-back goes to."""
    found = await running.models.GetModel(model_pb2.GetModelRequest(name="person"))
    assert found.model.version == found.model.current_version
    return found.model.version, found.previous_version


async def test_a_submission_alone_changes_no_pipeline(two: Master) -> None:
    assert await versions(two) == [1]
    assert (await two.apply(name="yard", workers=0)).spec.stages[0].model_version == 2


async def test_a_promotion_changes_the_pipelines_that_name_no_version(two: Master) -> None:
    await two.apply(name="pinned", stages=[PINNED], workers=0)
    promotion = await promote(two, 2)
    assert dict(promotion.pipelines) == {"street": (await two.get()).revision}
    assert (await versions(two), await versions(two, "pinned")) == ([2], [1])
    assert await current(two) == (2, 1)


async def test_a_roll_back_goes_to_what_was_current_before(two: Master) -> None:
    await promote(two, 2)
    await two.register(manifest(description="three"))
    await promote(two, 3)
    for version, previous in ((2, 1), (1, 0)):
        promotion = await roll_back(two)
        assert (promotion.model.version, promotion.previous_version) == (version, previous)
        assert list(promotion.pipelines) == ["street"]
        assert await versions(two) == [version]
    assert await status_of(roll_back(two)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        (
            "no version of model 'person' was current before: promote the one that you want with "
            "`framemesh model promote person VERSION`"
        ),
    )


async def test_once_a_version_was_promoted_a_newer_one_waits_for_its_promotion(
    two: Master,
) -> None:
    await promote(two, 1)
    assert (await two.register(manifest(description="three"))).current_version == 1
    assert (await two.apply(name="yard", workers=0)).spec.stages[0].model_version == 1
    listed = (await two.models.ListModels(model_pb2.ListModelsRequest())).models
    assert [(model.version, model.current_version) for model in listed] == [(1, 1), (2, 1), (3, 1)]


async def test_promoting_what_is_current_changes_nothing(two: Master) -> None:
    await promote(two, 2)
    revision = (await two.get()).revision
    promotion = await promote(two, 2)
    assert not promotion.pipelines
    assert promotion.previous_version == 1
    assert (await two.get()).revision == revision


async def test_other_models_of_a_pipeline_stay_as_they_are(two: Master) -> None:
    await two.register(manifest(name="hat"))
    hats = {"name": "hats", "model": "hat"}
    await two.apply(name="both", stages=[PERSON, hats], workers=0)
    await two.register(manifest(name="hat", description="two"))
    await promote(two, 2)
    assert await versions(two, "both") == [2, 1]


async def test_a_pipeline_that_pins_what_it_has_follows_no_more(two: Master) -> None:
    await two.apply(stages=[PINNED], workers=0)
    assert not (await promote(two, 2)).pipelines
    await two.apply(stages=[{**PINNED, "follows_promotions": True}], workers=0)
    assert list((await promote(two, 2)).pipelines) == ["street"]


async def test_a_version_that_a_pipeline_cannot_take_changes_nothing(two: Master) -> None:
    crops: dict[str, Any] = {"name": "faces", "model": "person", "for_each": ["people"]}
    stages = [PERSON, {**crops, "labels": ["person"]}]
    await two.apply(name="crops", stages=stages, workers=0)
    await two.register(LABELS)
    code, line = await status_of(promote(two, 3))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert line.startswith(
        "pipeline crops cannot take version 3 of model person, and nothing was changed: "
    )
    assert await versions(two) == [1]
    assert await current(two) == (3, 0)


async def test_what_is_not_there_is_named(running: Master) -> None:
    assert await status_of(promote(running, 7)) == (
        grpc.StatusCode.NOT_FOUND,
        "model 'person' has no version 7, the newest is 1",
    )
    code, line = await status_of(promote(running, 0))
    assert (code, line) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "name the version that is to be promoted",
    )
