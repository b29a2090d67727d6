"""How a model looks on a terminal."""

import json
from collections.abc import Iterator

from rich.filesize import decimal

from framemesh.api.master.v1 import model_pb2

MAX_LABELS = 12
"""That are shown; a model may have thousands."""


def details(answer: model_pb2.GetModelResponse) -> Iterator[str]:
    """What is known of one version."""
    model, manifest = answer.model, json.loads(answer.manifest)
    labels, taken = manifest["labels"], manifest["input"]
    yield f"model {model.name}, version {model.version}"
    if model.description:
        yield f"  {model.description}"
    yield f"  decoder    {model.decoder}"
    yield f"  input      {taken['width']} x {taken['height']}"
    more = f" and {len(labels) - MAX_LABELS} more" if len(labels) > MAX_LABELS else ""
    yield f"  labels     {', '.join(labels[:MAX_LABELS])}{more}"
    yield f"  file       {decimal(model.size_bytes)}, SHA-256 {model.digest}"
    yield f"  pipelines  {', '.join(answer.pipelines) or 'none'}"
