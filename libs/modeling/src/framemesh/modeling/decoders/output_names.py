"""Outputs whose names differ from those that decoders know."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import Shapes
from framemesh.modeling.errors import OptionInvalid, misfit
from framemesh.modeling.manifest import DecoderSpec, ModelManifest


def by_known_names(manifest: ModelManifest, shapes: Shapes) -> Shapes:
    """The shapes by the names that the decoder knows.

    Raises:
        ModelInvalid: the manifest names an output that the model lacks.
    """
    names = manifest.decoder.output_names
    if lacking := [name for name in names.values() if name not in shapes]:
        there = ", ".join(shapes) or "none"
        raise misfit(
            manifest,
            f"decoder.output_names: the model has no output {lacking[0]!r}, it has {there}",
        )
    rest = {name: shape for name, shape in shapes.items() if name not in names.values()}
    return {**rest, **{known: shapes[name] for known, name in names.items()}}


def check_names_are_read(spec: DecoderSpec, tensors: Mapping[str, str]) -> None:
    """
    Args:
        tensors: what the decoder reads as what, by the names that it knows.

    Raises:
        OptionInvalid: a name is given to an output that it does not read.
    """
    if unread := sorted(set(spec.output_names) - set(tensors.values())):
        raise OptionInvalid(
            "output_names",
            f"decoder {spec.name} reads no output that it calls {unread[0]}, it reads "
            f"{', '.join(sorted(tensors.values()))}: remove it, or choose another decoder",
        )


def by_own_names(spec: DecoderSpec, tensors: Mapping[str, str]) -> dict[str, str]:
    """What a decoder reads as what, by the names of the model."""
    return {role: spec.output_names.get(name, name) for role, name in tensors.items()}
