"""How the outcomes of a shadow differ from the real ones: sums that are stored and gone on with."""

from collections import Counter
from dataclasses import dataclass, field

from framemesh.core.clock import NANO
from framemesh.core.outcome import Fate, Outcome
from framemesh.master.ages import AgeHistogram
from framemesh.master.shadows.matching import Matching, matching

MAX_CLASSES = 200
"""Whose detections are counted one by one, so that the sums stay small."""

OTHERS = "others"
"""Under which those of all further classes are counted, and likewise of what else has a bound."""

MAX_REASONS = 32
"""Of failures that are told apart; there are a dozen."""

MAX_RELABELLED = 32
"""Pairs of classes that are told apart."""

MAX_EXAMPLES = 10
"""Frames that differ most: somebody may want to look at some."""


@dataclass(slots=True)
class Side:
    """What the outcomes of one of both add up to."""

    frames: int = 0
    """Done."""
    failures: Counter[str] = field(default_factory=Counter)
    """Frames without a result, by the reason."""
    ages: AgeHistogram = field(default_factory=AgeHistogram)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome, apart from its detections."""
        if outcome.fate is not Fate.DONE:
            _count(self.failures, outcome.reason or outcome.fate.value, MAX_REASONS)
            return
        self.frames += 1
        self.ages.add((outcome.completed_unix_nano - outcome.captured_unix_nano) / NANO)


@dataclass(slots=True)
class ClassCounts:
    """The detections of one class, in frames that both have done."""

    real: int = 0
    shadow: int = 0
    matched: int = 0
    """Of both: of the same stage, with boxes that overlap."""
    iou_sum: float = 0.0
    """Over the matched ones."""

    @property
    def mean_iou(self) -> float | None:
        """Of the matched ones; None: there are none."""
        return self.iou_sum / self.matched if self.matched else None


@dataclass(frozen=True, slots=True)
class Example:
    """A frame of which both found different things."""

    camera: str
    session: str
    sequence: int
    only_real: int
    """Detections without a match."""
    only_shadow: int

    @property
    def differing(self) -> int:
        return self.only_real + self.only_shadow


@dataclass(slots=True)
class Comparison:
    """Sums over frames of which the shadow has an outcome."""

    real: Side = field(default_factory=Side)
    shadow: Side = field(default_factory=Side)
    compared: int = 0
    """Frames that both have done."""
    same: int = 0
    """Those of which each detection of both has a match."""
    only_shadow: int = 0
    """Frames of which there was no real outcome in time."""
    classes: dict[str, ClassCounts] = field(default_factory=dict)
    relabelled: Counter[str] = field(default_factory=Counter)
    """Things that both found and gave different classes, as `car -> truck`: those of the pipeline
    first. To the counts of classes they are unmatched."""
    score_difference_sum: float = 0.0
    """Over the matched ones: the shadow's score less the real one."""
    examples: list[Example] = field(default_factory=list)
    """Those that differ most, the most first."""

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
        found = matching(real.detections, shadow.detections)
        self.compared += 1
        self._count_classes(real, shadow, found)
        for each in found.relabelled:
            pair = f"{each.real.label} -> {each.shadow.label}"
            _count(self.relabelled, pair, MAX_RELABELLED)
        self.score_difference_sum += sum(each.shadow.score - each.real.score for each in found.same)
        frame, matched = real.frame, len(found.same)
        example = Example(
            frame.camera,
            frame.session,
            frame.sequence,
            len(real.detections) - matched,
            len(shadow.detections) - matched,
        )
        if example.differing:
            # Of equal ones the first stay.
            self.examples.append(example)
            self.examples.sort(key=lambda each: -each.differing)
            del self.examples[MAX_EXAMPLES:]
        else:
            self.same += 1

    def _count_classes(self, real: Outcome, shadow: Outcome, found: Matching) -> None:
        for detection in real.detections:
            self._class(detection.label).real += 1
        for detection in shadow.detections:
            self._class(detection.label).shadow += 1
        for each in found.same:
            counts = self._class(each.real.label)
            counts.matched += 1
            counts.iou_sum += each.iou

    def _class(self, label: str) -> ClassCounts:
        name = label if label in self.classes or len(self.classes) < MAX_CLASSES else OTHERS
        return self.classes.setdefault(name, ClassCounts())

    @property
    def total(self) -> ClassCounts:
        """Of all classes together."""
        all_of = self.classes.values()
        return ClassCounts(
            sum(each.real for each in all_of),
            sum(each.shadow for each in all_of),
            sum(each.matched for each in all_of),
            sum(each.iou_sum for each in all_of),
        )

    @property
    def mean_score_difference(self) -> float | None:
        """Of the matched detections: above 0 where the shadow is surer; None: there are none."""
        matched = self.total.matched
        return self.score_difference_sum / matched if matched else None


def _count(counts: Counter[str], name: str, most: int) -> None:
    counts[name if name in counts or len(counts) < most else OTHERS] += 1
