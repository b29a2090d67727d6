"""Broken model files are refused one by one, and a pipeline that runs does not notice them.

`make mutations` does the same with 200 files.
"""

from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.broken_files.attempt import SECONDS
from tests.broken_files.broken_files import KINDS, broken_files
from tests.broken_files.campaign import campaign
from tests.e2e.mesh import Mesh

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

TRIED = ("cut", "nested", "wrong type", "clash of outputs", "greedy", "weights elsewhere")
"""Each of the other kinds is tried without a mesh, in tests/unit/cli/test_inference.py."""


async def test_a_healthy_pipeline_goes_on_while_broken_files_are_added(
    mesh: Mesh, jpegs: list[bytes], tmp_path: Path
) -> None:
    await mesh.apply(PipelineSpec("healthy", (StageSpec("only", "person"),)))
    files = [file for file in broken_files(len(KINDS), seed=9) if file.kind in TRIED]
    findings = await campaign(mesh.run, "healthy", files, jpegs[0], tmp_path)
    # Other tests run beside this one.
    assert findings.problems(seconds=3 * SECONDS) == []
    assert findings.offered > 0
