"""A new version of a model under load, and one that is broken: no frame is lost or double."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.spec import PipelineSpec
from tests.chaos.load.images import MODEL, Images
from tests.swarm.lab import load, workers
from tests.swarm.lab.load import FPS, UnderLoad
from tests.swarm.lab.mesh import mesh
from tests.swarm.lab.pipelines import pipeline
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300, func_only=True),
    pytest.mark.blocks_loop("counts every frame in the process that watches the swarm"),
    pytest.mark.usefixtures("stack_of_three"),
]

WORKERS = 2
POLICY = load.policy(WORKERS)
NAME = POLICY.spec.name

ROLLED_OUT_SECONDS = 150.0
DEADLINE = timedelta(seconds=60)

TOO_LITTLE = ByteSize(24 * 1024**2)
"""Of memory: the kernel kills a worker before it is ready."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def under_load(
    stack_of_three: None, street: Images, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[UnderLoad]:
    """Three cameras push all the time."""
    folder = tmp_path_factory.mktemp("load")
    async with load.system_under_test(POLICY, street, folder) as system:
        await workers.ready(NAME, WORKERS)
        async with system.cameras.keeping(system.names, system.images.good, FPS):
            pushing = UnderLoad(system, POLICY)
            await pushing.every_camera_pushes()
            yield pushing
        assert not await pushing.violations()


async def rolled_out(spec: PipelineSpec) -> None:
    """Apply a specification, and wait until its revision is found good, or given up."""
    await mesh().submit(spec)
    await eventually(
        lambda: pipeline(NAME),
        ROLLED_OUT_SECONDS,
        until=lambda it: not it.HasField("rollout") and it.current_workers == WORKERS,
    )


async def test_a_new_version_replaces_the_old_one(under_load: UnderLoad, tmp_path: Path) -> None:
    before = await pipeline(NAME)
    folder = shutil.copytree(MODEL, tmp_path / "next")
    manifest = folder / "model.yaml"
    manifest.write_text(manifest.read_text().replace("description: ", "description: Next. "))
    await mesh().add_model(folder)
    await rolled_out(POLICY.spec)
    after = await pipeline(NAME)
    assert after.revision > before.revision
    version = after.spec.stages[0].model_version
    assert version > before.spec.stages[0].model_version
    await eventually(lambda: workers.services(NAME), until=lambda found: len(found) == 1)
    await under_load.nothing_is_lost_or_double()


async def test_a_version_that_is_killed_at_its_start_is_rolled_back(under_load: UnderLoad) -> None:
    before = await pipeline(NAME)
    broken = replace(
        POLICY.spec,
        workers=replace(POLICY.spec.workers, memory=TOO_LITTLE),
        rollout=RolloutSpec(deadline=DEADLINE),
    )
    await rolled_out(broken)
    after = await pipeline(NAME)
    assert after.revision == before.revision
    assert after.rolled_back
    await under_load.nothing_is_lost_or_double()
