"""A condition out of its text."""

from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.uses import extent

MAX_CHARACTERS = 1000
"""Of a text, and of its normal form, which has blanks and brackets that the text may lack."""

MAX_PARTS = 200
"""Names, values, comparisons and what joins them: some 60 comparisons. Each is looked at for each
item of each frame."""

MAX_LEVELS = 20
"""Of parts within parts. More than somebody can read, and far from what Python takes."""


def parse(text: str) -> Condition:
    """The condition that a text is.

    Raises:
        InvalidCondition: it is none, or is too large; says where and what was expected.

    The first text of a process takes as long as `load_parser`.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidCondition(f"the condition has {len(text)} characters, over {MAX_CHARACTERS}")
    if not text.strip():
        raise InvalidCondition("the condition is empty: write one as area > 0.02")
    # As for a condition that asks for its tree: the library is loaded when it is needed.
    from framemesh.core.graph.condition.reading.reader import read  # noqa: PLC0415

    condition = Condition.of(read(text))
    parts, levels = extent(condition.root)
    if parts > MAX_PARTS or levels > MAX_LEVELS:
        bound = f"{MAX_PARTS} parts" if parts > MAX_PARTS else f"{MAX_LEVELS} levels"
        raise InvalidCondition(f"the condition has more than {bound}: make it simpler")
    if len(str(condition)) > MAX_CHARACTERS:
        raise InvalidCondition(f"the condition, written out, is over {MAX_CHARACTERS} characters")
    return condition


def load_parser() -> None:
    """Load what `parse` needs: 150 ms of the processor, once for a process.

    For whoever parses in an event loop: it may be called in a thread before.
    """
    parse("score > 0.5")
