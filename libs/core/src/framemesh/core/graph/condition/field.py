"""A condition as a field of a document."""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from framemesh.core.documents.document import STORED
from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.parsing import parse


class _AsText:
    """Without a schema of its tree, which no document has."""

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )


def _read(value: Any, info: ValidationInfo) -> Condition:
    if isinstance(value, Condition):
        return value
    if info.context is STORED:
        # It was read before it was stored, and services that only pass it on need no parser.
        return Condition(str(value))
    if not isinstance(value, str):
        raise ValueError("a condition is a text, as area > 0.02")
    try:
        return parse(value)
    except InvalidCondition as error:
        raise ValueError(str(error)) from error


When = Annotated[Condition, _AsText()]
"""A field that takes the text of a condition, and is written as its normal form."""
