"""The boxes that come out are those that the model gives when called directly."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from framemesh.modeling import mapped_weights
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import Engine
from tests.graph_runs import run_one
from tests.reference import (
    assert_same,
    decoded,
    direct_faces,
    direct_heads,
    direct_things,
    session,
)


@pytest.mark.blocks_loop("calls the models directly")
async def test_every_stage_sees_what_its_model_sees_directly(
    everything: Engine, frames: list[bytes], things: LocalModel, faces: LocalModel
) -> None:
    of_things, of_faces = session(things.onnx), session(faces.onnx)
    # All at once, so that frames share requests.
    seen = await asyncio.gather(*(run_one(everything.graph, frame) for frame in frames))
    found = {"things": 0, "faces": 0, "heads": 0}
    for frame, result in zip(frames, seen, strict=True):
        picture = decoded(frame)
        assert (result.height, result.width) == picture.shape[:2]
        for stage, expected in (
            ("things", direct_things(of_things, picture)),
            ("faces", direct_faces(of_faces, picture)),
            ("heads", direct_heads(of_faces, picture, result.detections)),
        ):
            seen_here = [one for one in result.detections if one.stage == stage]
            assert_same(seen_here, expected)
            found[stage] += len(seen_here)
    assert min(found.values()) > 10, f"too few to tell anything: {found}"


async def test_a_crop_names_its_parent(everything: Engine, frames: list[bytes]) -> None:
    seen = await run_one(everything.graph, frames[0])
    heads = [one for one in seen.detections if one.stage == "heads"]
    for head in heads:
        assert head.parent is not None
        assert seen.detections[head.parent].label == "person"
    assert all(one.parent is None for one in seen.detections if one.stage != "heads")


@pytest.mark.blocks_loop("calls the model directly")
async def test_instances_that_share_their_weights_see_the_same(
    open_things: Callable[..., AbstractAsyncContextManager[Engine]],
    frames: list[bytes],
    things: LocalModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapped_weights, "MIN_SHARED_BYTES", 1)
    directly = session(things.onnx)
    async with open_things() as engine:
        for frame in frames[:5]:
            result = await run_one(engine.graph, frame)
            assert_same(list(result.detections), direct_things(directly, decoded(frame)))
