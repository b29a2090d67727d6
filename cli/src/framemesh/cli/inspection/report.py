"""What a check says: what the file is, how that is known, and the model.yaml for it."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from rich.filesize import decimal

from framemesh.cli.inspection.inference import Inference
from framemesh.cli.inspection.inspect import Inspection
from framemesh.modeling.recognition.draft import Draft
from framemesh.modeling.recognition.result import Candidates, Recognised

COMMENT_COLUMN = 40


def report(inspection: Inspection) -> Iterator[str]:
    """Line by line."""
    facts = inspection.facts
    size = decimal(inspection.file.stat().st_size)
    producer = f", by {facts.producer}" if facts.producer else ""
    yield f"{facts.file}: {size}{producer}"
    yield from (f"  in   {tensor}" for tensor in facts.declared.inputs)
    yield from (f"  out  {tensor}" for tensor in facts.declared.outputs)
    yield "  " + ran(inspection.inference, inspection.not_run)
    yield ""
    if isinstance(inspection.result, Recognised):
        yield from _recognised(inspection.result)
    else:
        yield from _candidates(inspection.result)


def ran(inference: Inference | None, not_run: str) -> str:
    """What the inference took, or why there was none."""
    if inference is None:
        return f"not run: {not_run}"
    return f"ran  one image in {inference.probe.seconds * 1000:.1f} ms on this machine's CPU"


def _recognised(result: Recognised) -> Iterator[str]:
    yield f"It is {result.guess.family}, for decoder {result.guess.decoder}."
    yield f"  {result.guess.why}; {result.why}"
    if result.unsupported:
        yield f"  It cannot be served: {result.unsupported}"
    yield ""
    yield from commented_yaml(result.draft)


def _candidates(result: Candidates) -> Iterator[str]:
    if not result.possible:
        yield "No family that framemesh knows looks like this."
    elif len(result.possible) == 1:
        (only,) = result.possible
        known = "It is" if only.sure else "It may be"
        yield f"{known} for decoder {only.guess.decoder} ({only.guess.why}). Say the rest:"
    else:
        yield "It cannot be told for sure what it is. Choose one:"
    for candidate in result.possible:
        yield f"  {candidate.choose}"
        yield f"      {candidate.guess.family}: {candidate.guess.why}; {candidate.why}"
    for rejected in result.rejected:
        yield f"  not {rejected}"


def commented_yaml(draft: Draft) -> Iterator[str]:
    """The model.yaml with the reason of each field behind it."""
    yield from _fields(draft.document, draft.reasons, "")


def _fields(document: Mapping[str, Any], reasons: Mapping[str, str], prefix: str) -> Iterator[str]:
    indent = "  " if prefix else ""
    for name, value in document.items():
        if isinstance(value, Mapping) and not prefix:
            yield f"{name}:"
            yield from _fields(value, reasons, f"{name}.")
            continue
        line = f"{indent}{name}: {_scalar(value)}"
        reason = reasons.get(prefix + name, "")
        yield f"{line:<{COMMENT_COLUMN}}  # {reason}" if reason else line


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
