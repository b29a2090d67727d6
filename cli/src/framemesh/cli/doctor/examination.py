"""Carries out all checks at once, each with a bound in time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.cli.doctor.finding import Check, Finding, Status, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.core.errors import FramemeshError, leaves
from framemesh.runtime.concurrency.task_group import TaskGroup


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    check: str
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        return all(each.status is not Status.PROBLEM for each in self.findings)


async def examine(surroundings: Surroundings, checks: Sequence[Check]) -> list[Result]:
    """The results, in the order of the checks. No check holds up or ends another."""
    async with TaskGroup() as tasks:
        running = [tasks.create_task(_examined(check, surroundings)) for check in checks]
    return [task.result() for task in running]


async def _examined(check: Check, surroundings: Surroundings) -> Result:
    return Result(check.name, tuple(await _findings(check, surroundings)))


async def _findings(check: Check, surroundings: Surroundings) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(check.seconds):
            return await check.examine(surroundings)
    except TimeoutError:
        late = f"no answer within {check.seconds:.0f} s"
        return [problem(late, "something hangs: try again, and look at `framemesh logs`")]
    except FramemeshError as error:
        return [problem(str(error), "")]
    except Exception as error:  # noqa: BLE001  the others are worth knowing all the same
        faults = leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
        said = "; ".join(str(each) or type(each).__name__ for each in faults)
        return [warning(f"cannot be examined: {said}", "")]
