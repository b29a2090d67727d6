"""A condition has one text, from which it can be made again."""

import pytest
from hypothesis import assume, given

from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.parsing import MAX_CHARACTERS, MAX_LEVELS, MAX_PARTS, parse
from framemesh.core.graph.condition.syntax import Expression
from framemesh.core.graph.condition.uses import extent
from tests.unit.core.condition.trees import TREES


@given(TREES)
def test_the_text_of_any_tree_parses_to_the_same_tree(tree: Expression) -> None:
    parts, levels = extent(tree)
    condition = Condition.of(tree)
    assume(parts <= MAX_PARTS and levels <= MAX_LEVELS and len(str(condition)) <= MAX_CHARACTERS)
    assert parse(str(condition)) == condition


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("area>.020", "area > 0.02"),
        ("(((x < 1.0)))", "x < 1"),
        ("label=='car'", 'label == "car"'),
        ("""label == 'a "b"'""", """label == 'a "b"'"""),
        ('label not in("a",)', 'label not in ("a")'),
        ("time >= 8:00:00", "time >= 08:00"),
        ("time >= 08:00:30", "time >= 08:00:30"),
        ('count("front-door")>2', "count(front-door) > 2"),
        ("in_zone(yard)", 'in_zone("yard")'),
        ("x < 1 and (y < 1 and score < 1)", "x < 1 and y < 1 and score < 1"),
        ("(x < 1 and y < 1) or score < 1", "x < 1 and y < 1 or score < 1"),
        ("x < 1 and (y < 1 or score < 1)", "x < 1 and (y < 1 or score < 1)"),
        ("not (x < 1)", "not x < 1"),
        ("not (x < 1 or y < 1)", "not (x < 1 or y < 1)"),
        ("x\n  <\t1", "x < 1"),
        ("x > 0.0000001", "x > 0.0000001"),
        ("count(p) > 100000000000000000000", "count(p) > 100000000000000000000"),
    ],
)
def test_one_condition_has_one_text(written: str, normal: str) -> None:
    assert str(parse(written)) == normal
    assert parse(normal) == parse(written)
