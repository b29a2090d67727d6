"""Whether what a condition refers to is there, and whether it can be true at all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.names import PROPERTIES
from framemesh.core.graph.condition.senseless import senseless
from framemesh.core.graph.condition.suggestion import meant
from framemesh.core.graph.condition.syntax import Count, InZone, Property
from framemesh.core.graph.condition.texts import texts_of
from framemesh.core.graph.condition.uses import Part, item_names, parts
from framemesh.core.pipeline.detections import StageDetections, unknown_label

Sources = Sequence[StageDetections]
"""What the models can detect that items come from; empty: that is not known."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may refer to where it stands."""

    stages: Mapping[str, Sources] = field(default_factory=dict)
    """Those that are through when the condition is asked, so that it may count them."""
    zones: Collection[str] = ()
    item: Sources | None = None
    """Of the items that its stage runs for; None: it runs once for a frame, and has no item."""


def check(condition: Condition, scope: Scope) -> list[str]:
    """A line for each problem of a condition; none: it can be used.

    Problems are names that there are not where it stands, labels that no model has, and parts that
    are always or never true.
    """
    placed = list(_placed(condition.root, scope.item, scope))
    found = [
        *_without_item(condition, scope),
        *(line for part, sources in placed for line in _unknown(part, sources or (), scope)),
        *senseless(condition.root),
    ]
    return list(dict.fromkeys(found))


def _placed(
    part: Part, sources: Sources | None, scope: Scope
) -> Iterator[tuple[Part, Sources | None]]:
    """Each part, and where the items come from that it is asked of."""
    yield part, sources
    if isinstance(part, Count):
        sources = scope.stages.get(part.stage, ())
    for below in parts(part):
        yield from _placed(below, sources, scope)


def _without_item(condition: Condition, scope: Scope) -> Iterator[str]:
    if scope.item is not None:
        return
    for name in item_names(condition.root):
        yield f"{name} is of an item, and the stage runs once for a frame: give it for_each"


def _unknown(part: Part, sources: Sources, scope: Scope) -> Iterator[str]:
    match part:
        case Count(stage) if stage not in scope.stages:
            yield f"no stage {stage!r} can be counted here: {meant(stage, scope.stages)}"
        case InZone(zone):
            if zone not in scope.zones:
                yield f"no zone is named {zone!r}: {meant(zone, scope.zones)}"
            yield from _no_boxes("in_zone", sources)
        case Property(name) if PROPERTIES[name].of_place:
            yield from _no_boxes(name, sources)
        case _:
            yield from _unknown_labels(part, sources)


def _unknown_labels(part: Part, sources: Sources) -> Iterator[str]:
    for label in texts_of(part, "label"):
        if sources and not any(label in source.labels for source in sources):
            yield unknown_label(label, sources)


def _no_boxes(name: str, sources: Sources) -> Iterator[str]:
    if sources and not any(source.boxes for source in sources):
        models = " and ".join(repr(source.model) for source in sources)
        yield f"the detections of model {models} have no boxes, which {name} needs"
