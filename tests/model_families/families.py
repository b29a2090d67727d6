"""All families."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from tests.model_families import (
    anchors,
    detr,
    grids,
    listed,
    maps,
    picodet,
    poses,
    priors,
    vectors,
    yolo_cases,
)
from tests.model_families.family import FamilyModel

ALL: Mapping[str, Callable[[], FamilyModel]] = {
    **anchors.MODELS,
    **detr.MODELS,
    **grids.MODELS,
    **listed.MODELS,
    **maps.MODELS,
    **picodet.MODELS,
    **poses.MODELS,
    **priors.MODELS,
    **vectors.MODELS,
    **yolo_cases.MODELS,
}


@cache
def family(name: str) -> FamilyModel:
    """One of `ALL`, whose model has this name."""
    return replace(ALL[name](), name=name)
