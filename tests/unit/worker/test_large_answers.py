"""However much a model answers, the event loop goes on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from framemesh.cli.common.model_folder import read_model_folder
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.stage_requirements import requirements_of
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.repository import CPU
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.tensor_arena import OutputBatch

PERSON = Path(__file__).parents[3] / "models" / "person"
HALVES = np.zeros((1, 64, 1024, 1024), np.float16)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedModel]:
    folder = read_model_folder(PERSON)
    model = LocalModel(folder.manifest, 1, folder.file)
    plan = requirements_of(StageSpec("people", "person"), model, 1, CPU, latency_bound=False)
    region = f"framemesh-test-{tmp_path.name}"
    found = ServedModel(plan.deployment, TritonClient(), rows=1, region=region, clock=SystemClock())
    yield found
    found.close()


def answering(values: np.ndarray) -> object:
    async def infer(rows: Sequence[int], size: InputSize | None) -> OutputBatch:
        return {"map": values}

    return infer


@pytest.mark.loop_limit(0.05)
async def test_halves_become_floats_beside_the_event_loop(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_infer", answering(HALVES))
    (found,) = await served.infer(range(1))
    assert found["map"].dtype == np.float32


async def test_what_is_not_finite_is_told_of_small_and_large_answers(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (10, 3_000_000):
        monkeypatch.setattr(served, "_infer", answering(np.full((1, size), np.nan, np.float32)))
        with pytest.raises(InferenceFailed, match=f"{size} of {size} values are NaN"):
            await served.infer(range(1))
