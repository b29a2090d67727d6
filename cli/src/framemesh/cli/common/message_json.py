"""Messages of the services as JSON, with the names of their fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

Json = dict[str, Any]

_Field = Any
"""A field's descriptor; protobuf has two implementations with types of their own."""

_Enumeration = Any
"""Likewise."""


def message_to_json(message: Message) -> Json:
    """Every field, also those that have their default.

    An enumeration is its name without that of its type, in lower case: READY of NodeState is
    `ready`. What is optional and absent is null. Integers are numbers, whatever their size.
    """
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def _field(message: Message, field: _Field) -> Any:
    if field.has_presence and not message.HasField(field.name):
        return None
    value = getattr(message, field.name)
    if isinstance(value, Mapping):
        one = field.message_type.fields_by_name["value"]
        return {key: _value(value[key], one) for key in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_value(each, field) for each in value]
    return _value(value, field)


def _value(value: Any, field: _Field) -> Any:
    if isinstance(value, Message):
        return message_to_json(value)
    if field.enum_type is not None:
        return _enumeration(field.enum_type, value)
    return value


def _enumeration(kind: _Enumeration, number: int) -> str:
    """A number that this version does not know stays one, as text."""
    if number not in kind.values_by_number:
        return str(number)
    # The value of number 0 is named for the type: NODE_STATE_UNSPECIFIED.
    prefix = kind.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return str(kind.values_by_number[number].name).removeprefix(prefix).lower()
