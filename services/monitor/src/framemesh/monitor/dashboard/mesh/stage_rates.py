"""How fast each stage of a pipeline works, from what its workers did so far."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.api.worker.v1 import worker_pb2

WINDOW_SECONDS = 10.0
"""Over which rates are taken."""


@dataclass(frozen=True, slots=True)
class StageRate:
    """Of one stage, all workers together."""

    inputs_per_second: float
    """Whole images, tiles or crops."""
    triton_seconds: float | None
    """That an input was with Triton, on average; None: there were none."""


StageKey = tuple[str, str]
"""A pipeline, and the name of its stage."""

RatesByStage = Mapping[StageKey, StageRate]


@dataclass(frozen=True, slots=True)
class _Answer:
    at: float
    said: worker_pb2.GetWorkerResponse


class StageRates:
    """Compares the answers of each worker with its earlier ones."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[_Answer]] = {}
        """By the id of the worker: those of the last WINDOW_SECONDS, and the one before."""

    def take(self, answers: Mapping[str, worker_pb2.GetWorkerResponse], at: float) -> None:
        """The newest answers, by the id of the worker, at a moment of a monotonic clock. Workers
        that are not among them are forgotten."""
        for gone in self._answers.keys() - answers.keys():
            del self._answers[gone]
        for worker, said in answers.items():
            kept = self._answers.setdefault(worker, deque())
            if kept and kept[-1].said is said:
                # It was not asked in this round.
                continue
            if kept and _inputs(said) < _inputs(kept[-1].said):
                # One that was started anew.
                kept.clear()
            kept.append(_Answer(at, said))
            while len(kept) > 2 and kept[1].at <= at - WINDOW_SECONDS:
                kept.popleft()

    def rates(self) -> RatesByStage:
        """Of the stages of whose workers there are two answers."""
        inputs: defaultdict[StageKey, float] = defaultdict(float)
        seconds: defaultdict[StageKey, float] = defaultdict(float)
        for kept in self._answers.values():
            first, last = kept[0], kept[-1]
            if last.at <= first.at:
                continue
            before = {each.name: each for each in first.said.stages}
            for now in last.said.stages:
                then = before.get(now.name, worker_pb2.StageWork())
                key = last.said.pipeline, now.name
                per_second = 1 / (last.at - first.at)
                inputs[key] += (now.inputs - then.inputs) * per_second
                seconds[key] += (now.triton_seconds - then.triton_seconds) * per_second
        return {
            key: StageRate(rate, seconds[key] / rate if rate else None)
            for key, rate in inputs.items()
        }


def _inputs(said: worker_pb2.GetWorkerResponse) -> int:
    return sum(stage.inputs for stage in said.stages)
