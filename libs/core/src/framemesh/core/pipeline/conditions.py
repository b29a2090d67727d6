"""Whether the conditions of stages refer to what is there when they are asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from framemesh.core.documents.document import Problem
from framemesh.core.graph.condition.checking import Scope, check
from framemesh.core.pipeline.detections import StageDetections
from framemesh.core.pipeline.stage_spec import StageSpec

NOT_KNOWN: Mapping[str, StageDetections] = {}


def condition_problems(
    stages: Sequence[StageSpec],
    zones: Collection[str],
    detections: Mapping[str, StageDetections] = NOT_KNOWN,
) -> Iterator[Problem]:
    """What is wrong with the conditions, in the order of the stages.

    Args:
        detections: what the models of stages can detect, by the name of the stage; of those that
            are not there, labels and boxes are not checked.
    """
    by_name = {stage.name: stage for stage in stages}
    for at, stage in enumerate(stages):
        if stage.when is None:
            continue
        through = {name: _sources((name,), detections) for name in _through(stage, by_name)}
        item = _sources(stage.for_each, detections) if stage.for_each else None
        for line in check(stage.when, Scope(through, zones, item)):
            yield Problem(("stages", at, "when"), line)


def _sources(
    names: Sequence[str], detections: Mapping[str, StageDetections]
) -> list[StageDetections]:
    return [detections[name] for name in names if name in detections]


def _through(stage: StageSpec, by_name: Mapping[str, StageSpec]) -> list[str]:
    """All stages that are through before this one runs."""
    names = list(stage.sources)
    for name in names:
        if name in by_name:
            names += (each for each in by_name[name].sources if each not in names)
    return [name for name in names if name in by_name]
