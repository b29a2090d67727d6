"""A Triton that is run by others."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import Engine
from framemesh.worker.errors import TritonUnavailable
from framemesh.worker.triton import served_model
from framemesh.worker.triton.tensor_arena import SharedMemory
from tests.graph_runs import run_one

OpenEngine = Callable[..., AbstractAsyncContextManager[Engine]]


async def test_a_remote_triton_is_used_and_loads_the_models_that_it_lacks(
    open_things: OpenEngine, frames: list[bytes], things: LocalModel
) -> None:
    async with open_things() as first:
        for model in (things, replace(things, version=2)):
            async with open_things(model=model, triton_address=first.triton.address) as second:
                assert second.triton.shared_memory
                seen = await asyncio.gather(*(run_one(second.graph, frame) for frame in frames[:4]))
            assert seen == [await run_one(first.graph, frame) for frame in frames[:4]]


def full(name: str, size: int) -> None:
    raise OSError(28, f"no room for {size} bytes")


class Elsewhere(SharedMemory):
    """Memory that Triton looks for on another machine."""

    @property
    def key(self) -> str:
        return "/framemesh-elsewhere"


@pytest.mark.parametrize("memory", [full, Elsewhere])
async def test_where_memory_cannot_be_shared_inputs_go_in_requests(
    open_things: OpenEngine,
    frames: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    memory: Callable[..., SharedMemory],
) -> None:
    async with open_things() as first:
        monkeypatch.setattr(served_model, "SharedMemory", memory)
        async with open_things(triton_address=first.triton.address) as second:
            assert not second.triton.shared_memory
            seen = await asyncio.gather(*(run_one(second.graph, frame) for frame in frames[:6]))
        assert seen == [await run_one(first.graph, frame) for frame in frames[:6]]


async def test_an_address_that_does_not_answer_is_an_error(open_things: OpenEngine) -> None:
    with pytest.raises(TritonUnavailable, match="UNAVAILABLE"):
        async with open_things(triton_address="127.0.0.1:1"):
            pass
