"""How a model looks on a terminal."""

import json
from collections.abc import Iterator, Sequence

from rich.filesize import decimal

from framemesh.api.master.v1 import model_pb2
from framemesh.cli.views.listing import Column, Listing

MAX_LABELS = 12
"""That are shown; a model may have thousands."""


def table(models: Sequence[model_pb2.Model]) -> Listing:
    """A row for each version."""
    view = Listing(
        [
            Column("model"),
            Column("version", number=True),
            Column("current"),
            Column("decoder"),
            Column("size", number=True),
            Column("description"),
        ]
    )
    for model in models:
        current = "yes" if model.version == model.current_version else ""
        size = decimal(model.size_bytes)
        view.add(model.name, str(model.version), current, model.decoder, size, model.description)
    return view


def details(answer: model_pb2.GetModelResponse) -> Iterator[str]:
    """What is known of one version."""
    model, manifest = answer.model, json.loads(answer.manifest)
    labels, taken = manifest["labels"], manifest["input"]
    yield f"model {model.name}, version {model.version}{_standing(answer)}"
    if model.description:
        yield f"  {model.description}"
    yield f"  decoder    {model.decoder}"
    yield f"  input      {taken['width']} x {taken['height']}"
    more = f" and {len(labels) - MAX_LABELS} more" if len(labels) > MAX_LABELS else ""
    yield f"  labels     {', '.join(labels[:MAX_LABELS])}{more}"
    yield f"  file       {decimal(model.size_bytes)}, SHA-256 {model.digest}"
    yield f"  pipelines  {', '.join(map(_user, answer.users)) or 'none'}"


def promoted(promotion: model_pb2.Promotion) -> Iterator[str]:
    """What a promotion changed."""
    model = promotion.model
    yield f"version {model.version} of model {model.name} is the current one"
    for pipeline, revision in sorted(promotion.pipelines.items()):
        yield f"pipeline {pipeline} is at revision {revision}"
    if promotion.previous_version:
        yield f"back to version {promotion.previous_version}: framemesh model rollback {model.name}"


def submitted(model: model_pb2.Model) -> Iterator[str]:
    """What became of a file."""
    yield f"model {model.name} is at version {model.version} ({decimal(model.size_bytes)})"
    if model.current_version not in (0, model.version):
        yield (
            f"version {model.current_version} stays the current one until: "
            f"framemesh model promote {model.name} {model.version}"
        )


def _standing(answer: model_pb2.GetModelResponse) -> str:
    current, previous = answer.model.current_version, answer.previous_version
    back = f" (before it {previous})" if previous else ""
    if current == answer.model.version:
        return f", the current one{back}"
    return f"; the current one is {current}{back}"


def _user(user: model_pb2.ModelUser) -> str:
    if not user.version:
        return f"{user.pipeline} (its entry cannot be read)"
    follows = ", follows promotions" if user.follows_promotions else ""
    return f"{user.pipeline} (version {user.version}{follows})"
