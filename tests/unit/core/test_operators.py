"""The options of operators as their owners write them."""

from datetime import timedelta

import pytest

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.pipeline.operators import (
    BlurSpec,
    CountSpec,
    DedupeSpec,
    ResizeSpec,
    SampleSpec,
    TrackSpec,
    track_problems,
)

Spec = TrackSpec | DedupeSpec | SampleSpec | CountSpec | BlurSpec | ResizeSpec


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        (TrackSpec, {}, TrackSpec(0.5, 0.1, 0.2, timedelta(seconds=2), 1)),
        (TrackSpec, {"max_gap": "1m"}, TrackSpec(max_gap=timedelta(minutes=1))),
        (DedupeSpec, {"within": "5m"}, DedupeSpec(0.5, timedelta(minutes=5))),
        (SampleSpec, {"every": 10}, SampleSpec(10)),
        (CountSpec, {"zones": ["yard"], "labels": ["car"]}, CountSpec(("yard",), ("car",))),
        (BlurSpec, {"strength": 1}, BlurSpec(1.0)),
        (ResizeSpec, {"width": 640}, ResizeSpec(640, 0)),
    ],
)
def test_options_are_read_and_written_back(
    kind: type[Spec], written: dict[str, object], meant: Spec
) -> None:
    spec = read(written, kind, "operator")
    assert spec == meant
    assert read(dump(spec), kind, "operator") == spec


@pytest.mark.parametrize(
    ("kind", "written", "field"),
    [
        (TrackSpec, {"min_score": 1.1}, "min_score"),
        (TrackSpec, {"low_score": float("nan")}, "low_score"),
        (TrackSpec, {"min_iou": 0}, "min_iou"),
        (TrackSpec, {"max_gap": "61s"}, "max_gap"),
        (TrackSpec, {"max_gap": "99ms"}, "max_gap"),
        (TrackSpec, {"max_gap": 2}, "max_gap"),
        (TrackSpec, {"min_frames": 0}, "min_frames"),
        (TrackSpec, {"iou": 0.5}, "iou"),
        (DedupeSpec, {"within": "99ms"}, "within"),
        (DedupeSpec, {"min_iou": 2}, "min_iou"),
        (SampleSpec, {}, "every"),
        (SampleSpec, {"every": 0}, "every"),
        (CountSpec, {"zones": ["the yard"]}, "zones[0]"),
        (BlurSpec, {"strength": -0.1}, "strength"),
        (ResizeSpec, {"width": 0}, "width"),
        (ResizeSpec, {"width": 640, "height": 8193}, "height"),
    ],
)
def test_an_option_out_of_its_range_is_named(
    kind: type[Spec], written: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read(written, kind, "operator")
    assert [problem.name for problem in refused.value.problems] == [field]


def test_a_low_score_above_the_other_one_is_a_problem() -> None:
    assert not list(track_problems(TrackSpec(min_score=0.3, low_score=0.3)))
    (problem,) = track_problems(TrackSpec(min_score=0.3, low_score=0.4))
    assert str(problem) == "low_score: use min_score (0.3) or less"
