"""What conditions are compiled into says the same as a plain interpreter of their definition."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.clock import NANO
from framemesh.core.detection import Box, Detection
from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.syntax import Expression
from framemesh.core.pipeline.zones import ZoneSpec
from tests.unit.core.condition.interpreter import is_true
from tests.unit.core.condition.trees import TREES

SIXTEENTHS = st.integers(0, 16).map(lambda n: n / 16)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, right = sorted(draw(st.tuples(SIXTEENTHS, SIXTEENTHS)))
    top, bottom = sorted(draw(st.tuples(SIXTEENTHS, SIXTEENTHS)))
    return Box(left, top, right, bottom)


ITEMS = st.builds(
    Detection,
    st.just("people"),
    st.sampled_from(["person", "car", ""]),
    st.just(0),
    SIXTEENTHS,
    st.none() | boxes(),
)


@st.composite
def zones(draw: st.DrawFn) -> ZoneSpec:
    box = draw(boxes().filter(lambda box: box.left < box.right and box.top < box.bottom))
    points = (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
    return ZoneSpec(points, draw(st.sampled_from([(), ("gate",), ("hall", "person")])))


FRAMES = st.builds(
    FrameFacts,
    st.sampled_from(["gate", "person"]),
    st.integers(0, 4 * 10**9).map(lambda seconds: seconds * NANO),
    st.dictionaries(st.sampled_from(["people", "front-door", "and"]), st.lists(ITEMS, max_size=4)),
    st.dictionaries(st.sampled_from(["yard", "gate"]), zones()),
)


@given(TREES, st.none() | ITEMS, FRAMES)
def test_a_compiled_condition_says_what_its_definition_says(
    tree: Expression, item: Detection | None, frame: FrameFacts
) -> None:
    condition = Condition.of(tree)
    assert condition.test(item, frame) is is_true(tree, item, frame)
    assert condition.test(item, frame) is is_true(tree, item, frame)


STRANGE = st.floats() | st.sampled_from([1e308, -1e308])
"""With infinities and what is no number: a model may tell anything."""


@given(
    TREES,
    st.builds(
        Detection,
        st.just("people"),
        st.text(),
        st.just(0),
        STRANGE,
        st.builds(Box, STRANGE, STRANGE, STRANGE, STRANGE),
    ),
    FRAMES,
)
def test_nothing_is_raised_whatever_a_model_tells(
    tree: Expression, item: Detection, frame: FrameFacts
) -> None:
    assert Condition.of(tree).test(item, frame) in (True, False)
