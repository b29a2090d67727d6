"""The calls that were assigned to a configuration and are not sent yet: work in front of others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from framemesh.core.scheduling.configuration import Configuration

MOST_CALLS = 16_384
"""More are forgotten, the oldest first: a caller that tells of no ends must not fill the memory."""


@dataclass(slots=True)
class _Group:
    """Calls of one configuration."""

    stage: str
    batch: int
    seconds: float
    """Of one batch of it."""
    count: int = 0


class Backlog:
    """By backend and configuration. Mutable: it holds what waits at the caller."""

    def __init__(self, ahead: Mapping[str, Collection[str]]) -> None:
        """`ahead`: for each stage, those whose calls are run before its own, itself included."""
        self._ahead = {stage: frozenset(others) for stage, others in ahead.items()}
        self._assigned: dict[int, Configuration] = {}
        self._waiting = dict.fromkeys(ahead, 0)
        self._groups: dict[str, dict[Configuration, _Group]] = {}
        """By backend; of configurations with any."""

    def assign(self, call: int, configuration: Configuration, seconds: float) -> None:
        """A call is to be run so; `seconds`: of a whole batch. It may have been assigned before."""
        self.leave(call)
        if len(self._assigned) >= MOST_CALLS:
            self.leave(next(iter(self._assigned)))
        self._assigned[call] = configuration
        self._waiting[configuration.stage] += 1
        groups = self._groups.setdefault(configuration.backend, {})
        group = groups.get(configuration)
        if group is None:
            group = _Group(configuration.stage, configuration.batch, seconds)
            groups[configuration] = group
        group.count += 1
        group.seconds = seconds

    def leave(self, call: int) -> None:
        """A call was sent, or will not be; one that is not assigned is none of these."""
        configuration = self._assigned.pop(call, None)
        if configuration is None:
            return
        self._waiting[configuration.stage] -= 1
        groups = self._groups[configuration.backend]
        groups[configuration].count -= 1
        if not groups[configuration].count:
            del groups[configuration]

    def waiting(self, stage: str) -> int:
        """Calls of a stage, on all backends."""
        return self._waiting[stage]

    def longest_of_others(self, stage: str, backend: str) -> float:
        """Seconds of the longest batch of another stage there, assigned and not sent: while a call
        waits for others to go along, that can be begun, and is not interrupted."""
        groups = self._groups.get(backend, {}).values()
        return max((group.seconds for group in groups if group.stage != stage), default=0.0)

    def seconds(self, stage: str, backend: str) -> float:
        """Work that is in front of one more call of a stage there. Of its own stage only full
        batches are: it goes along with the others. Of another, one that is not full takes nearly as
        long."""
        groups = self._groups.get(backend)
        if not groups:
            return 0.0
        found, ahead = 0.0, self._ahead[stage]
        for group in groups.values():
            if group.stage == stage:
                found += group.count // group.batch * group.seconds
            elif group.stage in ahead:
                found += max(1.0, group.count / group.batch) * group.seconds
        return found
