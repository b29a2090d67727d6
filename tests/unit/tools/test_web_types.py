"""The types of the page are those of the server."""

import pytest

from tools import web_types


def test_the_file_is_made_from_the_messages() -> None:
    assert web_types.FILE.read_text() == web_types.types()


def test_what_the_page_sends_may_leave_out_what_has_a_default() -> None:
    made = web_types.types()
    assert "  mesh?: boolean\n" in made
    assert "  backlog: number | null\n" in made


def test_the_kind_of_a_message_is_always_there() -> None:
    assert '  type: "mesh"\n' in web_types.types()


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$ref": "#/$defs/Mask"}, "Mask"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"type": "array", "items": {"type": "string"}}, "Array<string>"),
        ({"type": "array", "prefixItems": [{"type": "number"}] * 2}, "[number, number]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        ({"type": "string", "enum": ["a", "b"]}, '"a" | "b"'),
    ],
)
def test_schemas_become_types(schema: web_types.Schema, expected: str) -> None:
    assert web_types._type(schema) == expected


def test_what_has_no_type_is_refused() -> None:
    with pytest.raises(ValueError, match="no TypeScript type"):
        web_types._type({"type": "mystery"})
