"""CenterFace: four maps, of which two can be told apart by their order alone."""

from collections.abc import Iterator

from framemesh.modeling.decoders.faces.centerface import CHANNELS
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import RAW_BGR
from framemesh.modeling.recognition.probe import Probe, within


def centerface(facts: ModelFacts) -> Iterator[Guess]:
    """Maps of 1, 2, 2 and 10 channels."""
    maps = [output for output in facts.outputs if len(output.shape) == 4]
    channels = [output.shape[1] for output in maps]
    usual = list(CHANNELS.values())
    if len(maps) != len(facts.outputs) or sorted(channels) != sorted(usual):
        return
    if len({output.shape[2:] for output in maps}) > 1:
        return
    in_order = channels == usual
    names = [output.name for output in sorted(maps, key=lambda output: output.shape[1])]

    def check(probe: Probe) -> Finding:
        if not within(probe.values(names[0]), 0, 1):
            return contradicted("the heat map does not lie between 0 and 1")
        if not in_order:
            return open_question(f"scale and offset are {names[1]} and {names[2]}, or the reverse")
        return confirmed("the heat map lies between 0 and 1")

    yield Guess(
        "CenterFace",
        "centerface",
        Evidence.SHAPES,
        "maps of 1, 2, 2 and 10 channels: peaks, scale, offset and landmarks",
        (RAW_BGR,),
        1,
        ("face",),
        options={
            "iou_threshold": 0.3,
            **({} if in_order else {"output_names": dict(zip(CHANNELS, names, strict=True))}),
        },
        confirm=check,
    )
