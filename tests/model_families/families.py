"""All families."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from tests.model_families import (
    anchors,
    centerface,
    detr,
    grids,
    listed,
    maps,
    picodet,
    poses,
    priors,
    readers,
    text_maps,
    vectors,
    yolo_cases,
)
from tests.model_families.family import FamilyModel

KINDS: Mapping[str, Mapping[str, Callable[[], FamilyModel]]] = {
    "anchors": anchors.MODELS,
    "centerface": centerface.MODELS,
    "detr": detr.MODELS,
    "grids": grids.MODELS,
    "listed": listed.MODELS,
    "maps": maps.MODELS,
    "picodet": picodet.MODELS,
    "poses": poses.MODELS,
    "priors": priors.MODELS,
    "readers": readers.MODELS,
    "text maps": text_maps.MODELS,
    "vectors": vectors.MODELS,
    "yolo": yolo_cases.MODELS,
}

ALL: Mapping[str, Callable[[], FamilyModel]] = {
    name: make for made in KINDS.values() for name, make in made.items()
}


@cache
def family(name: str) -> FamilyModel:
    """One of `ALL`, whose model has this name."""
    return replace(ALL[name](), name=name)
