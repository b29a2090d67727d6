from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ConfigDict

from framemesh.core.documents.document import (
    InvalidDocument,
    NewerDocument,
    dump,
    read,
    read_known,
    read_stored,
)
from framemesh.core.documents.yaml_document import Located
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.core.pipeline.stage_spec import StageSpec

STREET = """\
name: street
stages:
  - name: people
    model: person
  - name: faces
    model: face
    crops_of: people
    labels: [person]
buffer:
  max_bytes: 2GiB
"""


def problems(text: str) -> list[str]:
    try:
        located = Located(text, "street.yaml")
        spec = located.read(PipelineSpec)
    except InvalidDocument as error:
        return [str(problem) for problem in error.problems]
    try:
        check_pipeline(spec)
    except InvalidDocument as error:
        return [str(problem) for problem in located.located(error).problems]
    return []


def test_a_document_is_read_and_written_back() -> None:
    spec = Located(STREET, "street.yaml").read(PipelineSpec)
    assert spec.stages[1].for_each == ("people",)
    assert spec.buffer.max_bytes == 2 * 1024**3
    assert spec.buffer.shards == 4
    assert read(dump(spec), PipelineSpec, "again") == spec


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("model: person", "modl: person", "line 4: stages[0].modl: is not a field"),
        ("2GiB", "2Gibs", "line 10: buffer.max_bytes: could not interpret byte unit"),
        ("2GiB", "2KiB", "line 10: buffer.max_bytes: input should be greater than"),
        ("name: street", "name: my street", "line 1: name: bad name 'my street': use 1 to 64"),
        ("crops_of: people", "crops_of: nobody", "stages[1].for_each[0]: no stage is named"),
        ("name: faces", "name: people", "line 5: stages[1].name: 'people' is taken"),
        ("    crops_of: people\n", "", "line 7: stages[1].labels: only chooses crops"),
        (
            "    crops_of: people\n    labels: [person]\n",
            "    crop_margin: 0.1\n",
            "line 7: stages[1].crop_margin: only widens crops",
        ),
        ("    model: person\n", "", "line 3: stages[0].model: is missing"),
        ("2GiB", "2GiB\n  shards: 0", "line 11: buffer.shards: input should be greater than"),
        ("2GiB", "2GiB\n  streams: 0", "line 11: buffer.streams: input should be greater than"),
        ("2GiB", "2GiB\n  replicas: 6", "line 11: buffer.replicas: input should be less than"),
        ("2GiB", "16MiB\n  streams: 2", "line 10: buffer.max_bytes: 2 streams need 32MiB or more"),
        ("name: street", "name: a\nname: b", "line 2: name: is there twice"),
        ("name: street", "name: [", "line 3: expected"),
    ],
)
def test_a_fault_is_named_by_line_and_field(old: str, new: str, problem: str) -> None:
    found = "\n".join(problems(STREET.replace(old, new, 1)))
    assert problem in found


def test_a_sound_document_has_no_problems() -> None:
    assert problems(STREET) == []


def test_an_empty_document_says_what_is_missing() -> None:
    assert "should be a dictionary" in problems("")[0]


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert problems("\ufeff" + STREET) == []
    assert Located("\ufeff---\n" + STREET, "street.yaml").read(PipelineSpec).name == "street"


@dataclass(frozen=True, slots=True)
class Stored:
    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    inner: "Stored | None" = None


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (b'{"name": "a", "later": 1}', "later"),
        (b'{"name": "a", "inner": {"name": "b", "later": 1}, "more": {}}', "inner.later, more"),
        (b'{"name": 7, "later": 1}', "later"),
    ],
)
def test_what_a_newer_version_stored_is_told_apart_from_damage(value: bytes, fields: str) -> None:
    with pytest.raises(NewerDocument) as error:
        read_stored(value, Stored, "the entry of x")
    assert str(error.value) == (
        f"the entry of x was written by a newer version of framemesh, with {fields}: update this "
        "one; it is left as it is"
    )


def test_a_reader_goes_on_without_what_is_new_at_the_top() -> None:
    found, unknown = read_known(b'{"name": "a", "later": 1}', Stored, "the entry of x")
    assert found == Stored("a")
    assert [each.name for each in unknown] == ["later"]
    with pytest.raises(NewerDocument):
        read_known(b'{"name": "a", "inner": {"name": "b", "later": 1}}', Stored, "the entry of x")


@pytest.mark.parametrize("value", [b"", b"{", b"[1]", b'{"name": 7}', b"{}", b'{"later": 1}'])
def test_what_is_damaged_is_not_taken_for_newer(value: bytes) -> None:
    with pytest.raises(InvalidDocument) as error:
        read_stored(value, Stored, "the entry of x")
    assert not isinstance(error.value, NewerDocument)


@pytest.mark.parametrize(
    ("stage", "sources"),
    [
        ({"crops_of": ""}, ()),
        ({"crops_of": "people"}, ("people",)),
        ({"for_each": "people"}, ("people",)),
        ({"for_each": ["people", "cars"]}, ("people", "cars")),
    ],
)
def test_one_source_needs_no_list_and_its_older_name_is_known(
    stage: dict[str, Any], sources: tuple[str, ...]
) -> None:
    found = read({"name": "faces", "model": "face", **stage}, StageSpec, "stage")
    assert found.for_each == sources
    assert read(dump(found), StageSpec, "stage") == found
