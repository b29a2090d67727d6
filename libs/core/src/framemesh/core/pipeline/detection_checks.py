"""Whether stages will ever have something to look at, by what the models before them detect."""

from collections.abc import Mapping

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.pipeline.conditions import condition_problems
from framemesh.core.pipeline.detections import StageDetections, unknown_label
from framemesh.core.pipeline.spec import PipelineSpec


def check_detections(spec: PipelineSpec, detections: Mapping[str, StageDetections]) -> None:
    """Check what each stage asks of others against what their models detect.

    Args:
        detections: by the name of the stage.

    Raises:
        InvalidDocument: with the path of each field that would leave its stage without any input.
    """
    problems: list[Problem] = []
    for at, stage in enumerate(spec.stages):
        sources = [detections[name] for name in stage.for_each]
        for place, found in enumerate(sources):
            if not found.boxes:
                what = f"the detections of model {found.model!r} have no boxes to cut out"
                problems.append(Problem(("stages", at, "for_each", place), what))
        problems += (
            Problem(("stages", at, "labels", index), unknown_label(label, sources))
            for index, label in enumerate(stage.labels)
            if sources and not any(label in found.labels for found in sources)
        )
    problems += condition_problems(spec.stages, spec.zones, detections)
    if problems:
        raise InvalidDocument("pipeline", tuple(problems))
