"""Face detectors that move priors: RetinaFace of PyTorch, and YuNet of 2021."""

from collections.abc import Iterator

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.decoders.faces.priors import RETINAFACE, YUNET_2021
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
)
from framemesh.modeling.recognition.preparation import RAW_BGR
from framemesh.modeling.recognition.preparation import RETINAFACE as RETINAFACE_PIXELS
from framemesh.modeling.recognition.probe import Probe, sums_to_one
from framemesh.modeling.signature import OPEN

FAMILIES = (
    ("RetinaFace", "retinaface", (2, 4, 10), RETINAFACE, RETINAFACE_PIXELS, (640, 640)),
    ("YuNet of 2021", "yunet-2021", (1, 2, 14), YUNET_2021, RAW_BGR, (160, 120)),
)
"""Name, decoder, columns of the outputs, priors, preparation, and the size of an open input."""


def prior_faces(facts: ModelFacts) -> Iterator[Guess]:
    columns = tuple(sorted(output.shape[-1] for output in facts.outputs if output.shape))
    for family, decoder, expected, priors, preparation, size in FAMILIES:
        width, height = facts.image.width or size[0], facts.image.height or size[1]
        rows = {output.shape[-2] for output in facts.outputs if len(output.shape) > 1}
        count = priors.count(InputSize(width, height))
        if columns != expected or not rows <= {count, OPEN}:
            continue
        (scores,) = (output.name for output in facts.outputs if output.shape[-1] == 2)

        def check(probe: Probe, scores: str = scores) -> Finding:
            if sums_to_one(probe.values(scores)):
                return confirmed("two scores of each prior sum to 1")
            return contradicted("two scores of each prior do not sum to 1")

        yield Guess(
            family,
            decoder,
            Evidence.SHAPES,
            f"outputs of {', '.join(map(str, expected))} values for each of {count} priors",
            (preparation,),
            1,
            ("face",),
            size=size,
            confirm=check,
        )
