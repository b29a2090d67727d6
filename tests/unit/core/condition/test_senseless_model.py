"""What is refused as senseless is: no value that a name can have makes it another."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.detection import Detection
from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.senseless import senseless
from framemesh.core.graph.condition.syntax import And, Comparison, Number, Property
from tests.unit.core.condition.trees import DOWN, SAME, UP

STEPS = [n / 8 for n in range(-4, 13)]
"""From below to above what a score can be."""

BOUNDS = st.tuples(st.sampled_from((*UP, *DOWN, *SAME)), st.sampled_from(STEPS).map(Number))
SCORES = BOUNDS.map(lambda pair: Comparison(Property("score"), (pair,)))
POSSIBLE = [n / 16 for n in range(17)]
"""Between any two steps is one, so that they stand for all scores."""


def answers(condition: Condition) -> set[bool]:
    frame = FrameFacts("gate", 0)
    scores = (Detection("things", "car", 0, score) for score in POSSIBLE)
    return {condition.test(item, frame) for item in scores}


@given(SCORES)
def test_one_comparison_is_refused_if_a_number_beyond_makes_it_senseless(one: Comparison) -> None:
    (_, value), *_ = one.rest
    assert isinstance(value, Number)
    given_answers = answers(Condition.of(one))
    if given_answers == {False}:
        assert any("is never true" in line for line in senseless(one))
    elif given_answers == {True} and not 0 <= value.value <= 1:
        assert any("is always true" in line for line in senseless(one))
    else:
        assert not list(senseless(one))


@given(st.lists(SCORES, min_size=2, max_size=4))
def test_comparisons_that_exclude_each_other_are_refused(several: list[Comparison]) -> None:
    joined = And(tuple(several))
    refused = any("is never true" in line for line in senseless(joined))
    # What is left out by != alone, as in score == 0.5 and score != 0.5, is not looked for.
    if refused or "!=" not in str(Condition.of(joined)):
        assert refused is (answers(Condition.of(joined)) == {False})
