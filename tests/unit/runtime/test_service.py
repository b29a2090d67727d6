"""The exit status of a service says whether it is of use to start it again at once."""

import asyncio
import errno

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.modeling.errors import ModelInvalid
from framemesh.runtime.processes.exit_status import PERMANENT_FAILURE, SCARCE_FAILURE
from framemesh.runtime.service import run_service
from framemesh.worker.errors import TritonShortOfResources


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, 0),
        (FramemeshError("it is away"), 1),
        (ModelInvalid("no outputs"), PERMANENT_FAILURE),
        (TritonShortOfResources("out of memory"), SCARCE_FAILURE),
        (OSError(errno.ENOSPC, "no space left on device"), SCARCE_FAILURE),
        (MemoryError(), SCARCE_FAILURE),
        (ExceptionGroup("", [MemoryError(), ModelInvalid("no outputs")]), PERMANENT_FAILURE),
    ],
)
def test_a_failure_that_would_come_again_has_a_status_of_its_own(
    error: Exception | None, status: int
) -> None:
    async def run(stop: asyncio.Event) -> None:
        if error is not None:
            raise error

    assert run_service("worker", run, "info") == status


def test_another_error_of_the_system_is_a_fault() -> None:
    async def run(stop: asyncio.Event) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with pytest.raises(ExceptionGroup):
        run_service("worker", run, "info")
