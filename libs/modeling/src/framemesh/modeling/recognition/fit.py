"""Whether a draft can be served by this version: its fields, its decoder and its tensors."""

from framemesh.core.documents.document import InvalidDocument, read
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.recognition.draft import Draft
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.validation import check_signature


def served(facts: ModelFacts, draft: Draft) -> tuple[ModelManifest | None, str]:
    """The manifest, or why there is none."""
    try:
        manifest = read(dict(draft.document), ModelManifest, f"model.yaml for {facts.file}")
    except InvalidDocument as error:
        return None, f"this version cannot serve it: {error}"
    try:
        check_signature(manifest, facts.declared)
    except ModelInvalid as error:
        return None, _misdeclared(facts) or str(error)
    return manifest, ""


def _misdeclared(facts: ModelFacts) -> str:
    """Which output is not what the file says; empty if all are."""
    for declared, seen in zip(facts.declared.outputs, facts.outputs, strict=True):
        if len(declared.shape) != len(seen.shape):
            return (
                f"the file declares the output {declared}, and its answer has "
                f"{len(seen.shape)} dimensions, {list(seen.shape)}: export it with its true shape "
                "(onnx.shape_inference tells it)"
            )
    return ""
