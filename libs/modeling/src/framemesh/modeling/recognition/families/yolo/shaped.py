"""Guesses that rest on the shape of one output."""

from framemesh.modeling.recognition.families.answers import Check
from framemesh.modeling.recognition.guess import Evidence, Guess
from framemesh.modeling.recognition.preparation import LETTERBOX, Preparation
from framemesh.modeling.signature import Tensor


def shaped(
    output: Tensor,
    decoder: str,
    why: str,
    confirm: Check,
    *,
    classes: int = 0,
    preparation: Preparation = LETTERBOX,
) -> Guess:
    return Guess(
        decoder,
        decoder,
        Evidence.SHAPES,
        f"{output.name} has {why}",
        (preparation,),
        classes,
        confirm=confirm,
    )
