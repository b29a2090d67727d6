"""anomalib 2: a score and a map of what is unusual, and whether each is over a threshold."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    not_told,
    open_question,
)
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import UNIT
from framemesh.modeling.recognition.probe import Probe, Values, within
from framemesh.modeling.signature import Tensor

ANOMALIB = {"pred_score", "pred_label", "anomaly_map", "pred_mask"}
READ = ("pred_score", "anomaly_map")
"""What the decoder reads of all four."""

MIN_MAP_SIDE = 16
"""A smaller grid may be anything."""


def anomalib(facts: ModelFacts) -> Iterator[Guess]:
    names = set(facts.output_names)
    if names <= ANOMALIB and names & set(READ):
        why = "names: " + ", ".join(sorted(names))
        yield _guess(Evidence.NAMES, why, {}, not_told)
    elif set(named := _by_form(facts)) == ANOMALIB:
        why = "a score and a map, and whether each is unusual"
        options = output_names({name: named[name] for name in READ})
        yield _guess(Evidence.SHAPES, why, options, partial(_is_split, named))


def _guess(
    evidence: Evidence, why: str, options: Mapping[str, Any], confirm: Callable[[Probe], Finding]
) -> Guess:
    return Guess(
        "anomalib",
        "anomaly",
        evidence,
        why,
        (UNIT,),
        1,
        ("anomaly",),
        options=options,
        size=(256, 256),
        confirm=confirm,
    )


def _by_form(facts: ModelFacts) -> dict[str, Tensor]:
    """The outputs by anomalib's names, where each is told by its type and its shape."""
    found = {}
    for output in facts.outputs:
        is_score = len(output.shape) in (1, 2) and set(output.shape[1:]) <= {1}
        is_map = len(output.shape) == 4 and output.shape[1] == 1
        if is_score or (is_map and min(map(abs, output.shape[2:])) >= MIN_MAP_SIDE):
            told = {
                ("FP32", True): "pred_score",
                ("BOOL", True): "pred_label",
                ("FP32", False): "anomaly_map",
                ("BOOL", False): "pred_mask",
            }
            found[told.get((output.datatype, is_score), output.name)] = output
    return found if len(found) == len(facts.outputs) else {}


def _is_split(named: Mapping[str, Tensor], probe: Probe) -> Finding:
    values = {name: probe.values(tensor.name) for name, tensor in named.items()}
    if not all(within(found, 0, 1) for found in values.values()):
        return contradicted("scores and maps do not lie between 0 and 1")
    mask, label = values["pred_mask"] > 0, values["pred_label"] > 0
    # Above the threshold, whatever it is, everything is unusual, and nothing below it.
    ordered = _splits(values["anomaly_map"], mask) and _splits(values["pred_score"], label)
    if ordered and mask.any() and not mask.all():
        return confirmed("the mask is where the map is over a threshold")
    return open_question("the mask does not tell that it is one of the map")


def _splits(values: Values, above: NDArray[np.bool_]) -> bool:
    """Whether all values above are greater than all others."""
    if not above.any() or above.all():
        return True
    return bool(values[above].min() >= values[~above].max())
