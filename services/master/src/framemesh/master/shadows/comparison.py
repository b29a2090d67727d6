"""How the outcomes of a shadow differ from the real ones: sums that are stored and gone on with."""

from collections import Counter
from dataclasses import dataclass, field

from framemesh.core.clock import NANO
from framemesh.core.outcome import Fate, Outcome
from framemesh.master.ages import AgeHistogram
from framemesh.master.shadows.matching import matches

MAX_CLASSES = 200
"""Whose detections are counted one by one, so that the sums stay small."""

OTHER_CLASSES = "other"
"""Under which those of all further classes are counted."""

MAX_REASONS = 32
"""Of failures that are told apart; there are a dozen."""


@dataclass(slots=True)
class Side:
    """What the outcomes of one of both add up to."""

    frames: int = 0
    """Done."""
    failures: Counter[str] = field(default_factory=Counter)
    """Frames without a result, by the reason."""
    by_class: Counter[str] = field(default_factory=Counter)
    """Detections in frames that both have done."""
    ages: AgeHistogram = field(default_factory=AgeHistogram)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome, apart from its detections."""
        if outcome.fate is not Fate.DONE:
            _count(self.failures, outcome.reason or outcome.fate.value, MAX_REASONS)
            return
        self.frames += 1
        self.ages.add((outcome.completed_unix_nano - outcome.captured_unix_nano) / NANO)


@dataclass(slots=True)
class Comparison:
    """Sums over frames of which the shadow has an outcome."""

    real: Side = field(default_factory=Side)
    shadow: Side = field(default_factory=Side)
    compared: int = 0
    """Frames that both have done."""
    only_shadow: int = 0
    """Frames of which there was no real outcome in time."""
    matched: int = 0
    """Detections of the same stage and class whose boxes overlap."""
    only_in_real: int = 0
    only_in_shadow: int = 0
    iou_sum: float = 0.0
    """Over the matched ones."""
    score_difference_sum: float = 0.0
    """Over the matched ones: the shadow's score less the real one."""

    def add(self, real: Outcome | None, shadow: Outcome) -> None:
        """Count one frame. `real` is None where there is no such outcome."""
        self.shadow.add(shadow)
        if real is None:
            self.only_shadow += 1
            return
        self.real.add(real)
        if real.fate is Fate.DONE and shadow.fate is Fate.DONE:
            self._compare(real, shadow)

    def _compare(self, real: Outcome, shadow: Outcome) -> None:
        found = matches(real.detections, shadow.detections)
        self.compared += 1
        self.matched += len(found)
        self.only_in_real += len(real.detections) - len(found)
        self.only_in_shadow += len(shadow.detections) - len(found)
        self.iou_sum += sum(each.iou for each in found)
        self.score_difference_sum += sum(each.shadow.score - each.real.score for each in found)
        for side, outcome in ((self.real, real), (self.shadow, shadow)):
            for detection in outcome.detections:
                _count(side.by_class, detection.label, MAX_CLASSES)

    @property
    def mean_iou(self) -> float | None:
        """Of the matched detections; None: there are none."""
        return self.iou_sum / self.matched if self.matched else None

    @property
    def mean_score_difference(self) -> float | None:
        """Of the matched detections: above 0 where the shadow is surer; None: there are none."""
        return self.score_difference_sum / self.matched if self.matched else None


def _count(counts: Counter[str], name: str, most: int) -> None:
    counts[name if name in counts or len(counts) < most else OTHER_CLASSES] += 1
