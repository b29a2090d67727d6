"""Options of decoders that would have no effect: each is refused, so that none is set in vain."""

from collections.abc import Mapping
from dataclasses import fields

from framemesh.modeling.decoders.demand import DecoderDemand
from framemesh.modeling.errors import OptionInvalid
from framemesh.modeling.manifest import DecoderSpec, Suppression

FOR_ALL = ("name", "output_names")
"""Fields of DecoderSpec that are no option of some decoders."""

OPTIONS = tuple(field.name for field in fields(DecoderSpec) if field.name not in FOR_ALL)


def check_options(spec: DecoderSpec, demands: Mapping[str, DecoderDemand]) -> None:
    """
    Args:
        demands: of all decoders, by their names; `spec` names one of them.

    Raises:
        OptionInvalid: an option is set that the decoder does not heed.
    """
    heeded = demands[spec.name].options
    for option in OPTIONS:
        if option in heeded:
            continue
        able = ", ".join(sorted(name for name in demands if option in demands[name].options))
        refuse_unheeded(
            spec,
            option,
            f"decoder {spec.name} does not heed it",
            f"choose a decoder that does ({able})",
        )
    _check_suppression(spec)
    if "keypoint_values" in heeded and not spec.keypoints:
        refuse_unheeded(spec, "keypoint_values", "there are no keypoints", "set decoder.keypoints")


def refuse_unheeded(
    spec: DecoderSpec, option: str, why: str, instead: str = "leave it at its default"
) -> None:
    """
    Raises:
        OptionInvalid: the option is not at its default.
    """
    if getattr(spec, option) != getattr(DecoderSpec(spec.name), option):
        raise OptionInvalid(option, f"{why}: remove it, or {instead}")


def _check_suppression(spec: DecoderSpec) -> None:
    if spec.suppression is Suppression.SOFT_GAUSSIAN:
        why = "a Gaussian suppression has no threshold, boxes count by how much they overlap"
        refuse_unheeded(spec, "iou_threshold", why, "set decoder.sigma")
    else:
        why = f"a suppression that is {spec.suppression} has none"
        refuse_unheeded(spec, "sigma", why, "set decoder.suppression to soft-gaussian")
