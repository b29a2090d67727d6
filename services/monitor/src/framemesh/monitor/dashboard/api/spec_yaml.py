"""A specification as YAML."""

import yaml

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.documents.document import dump
from framemesh.core.errors import FramemeshError
from framemesh.runtime.messages import pipeline_message


def spec_yaml(spec: pipeline_pb2.PipelineSpec) -> str:
    try:
        written = dump(pipeline_message.from_answer(spec))
    except FramemeshError as error:
        # Of a newer master.
        return f"# {error}\n"
    return str(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
