"""An engine that does not come up leaves no shared memory behind."""

from pathlib import Path

import pytest

from framemesh.cli.common.model_folder import read_model_folder
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine import engine
from framemesh.worker.triton.orphan_cleanup import SHARED_MEMORY, prefix_of

PERSON = Path(__file__).parents[3] / "models" / "person"


async def test_memory_is_freed_where_triton_is_never_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        assert list(SHARED_MEMORY.glob(f"{prefix_of(tmp_path)}*"))
        raise RuntimeError("no Triton")

    monkeypatch.setattr(engine, "_source", fail)
    folder = read_model_folder(PERSON)
    models = {"people": LocalModel(folder.manifest, 1, folder.file)}
    with pytest.raises(RuntimeError, match="no Triton"):
        async with engine.open_engine(
            PipelineSpec("street", (StageSpec("people", "person"),)),
            models,
            tmp_path,
            triton_address="127.0.0.1:1",
            cpus=1,
            clock=SystemClock(),
        ):
            pass
    assert not list(SHARED_MEMORY.glob(f"{prefix_of(tmp_path)}*"))
