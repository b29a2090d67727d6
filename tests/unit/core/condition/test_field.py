"""A condition in a document."""

from dataclasses import dataclass

import pytest

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.documents.yaml_document import Located
from framemesh.core.graph.condition.field import When
from framemesh.core.graph.condition.parsing import parse


@dataclass(frozen=True, slots=True)
class Stage:
    name: str = "plates"
    when: When | None = None


YAML = """
name: plates
when: area > .02 and in_zone("yard") and (time >= 22:00 or time < 06:00)
"""


def test_it_is_read_from_a_text_and_written_in_its_normal_form() -> None:
    stage = Located(YAML, "stage.yaml").read(Stage)
    normal = 'area > 0.02 and in_zone("yard") and (time >= 22:00 or time < 06:00)'
    assert stage == Stage(when=parse(normal))
    assert dump(stage)["when"] == normal
    assert read(dump(stage), Stage, "stage") == stage


def test_it_may_be_left_out() -> None:
    assert read({}, Stage, "stage") == Stage()
    assert read({"when": None}, Stage, "stage") == Stage()
    assert dump(Stage()) == {"name": "plates", "when": None}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("when: area", "when: expected a comparison after 'area' at column 5, not 'area'"),
        ("when: true", "when: a condition is a text, as area > 0.02, not True"),
        ("when: 0.5", "when: a condition is a text, as area > 0.02, not 0.5"),
        ("when: [x]", "when: a condition is a text, as area > 0.02, not ['x']"),
        ("when: ''", "when: the condition is empty: write one as area > 0.02, not ''"),
    ],
)
def test_what_is_none_is_refused_with_its_line_and_field(line: str, problem: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        Located(f"name: plates\n{line}\n", "stage.yaml").read(Stage)
    assert str(refused.value) == f"stage.yaml: line 2: {problem}"
