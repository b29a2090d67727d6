"""Which results a sink writes."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.sinks.spec import SinkSpec


class Selection:
    """By their fates and by the labels of their detections. Cameras are chosen by the broker."""

    def __init__(self, spec: SinkSpec) -> None:
        self._fates = {outcome_pb2.Fate.Value(f"FATE_{fate.name}") for fate in spec.wanted_fates}
        self._labels = frozenset(spec.labels)

    def takes(self, outcome: outcome_pb2.Outcome) -> bool:
        """Whether a result is written."""
        if outcome.fate not in self._fates:
            return False
        return not self._labels or any(each.label in self._labels for each in outcome.detections)
