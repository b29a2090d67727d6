"""A condition: its tree, its text, and the function that it is."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from framemesh.core.graph.condition.evaluation import Test, compiled
from framemesh.core.graph.condition.syntax import Expression
from framemesh.core.graph.condition.uses import stages_counted
from framemesh.core.graph.condition.writing import written


@dataclass(frozen=True)
class Condition:
    """What an item or a frame must be for a stage to run on it. `parse` makes one of a text.

    Made of a text, it is parsed when it is first asked: who only passes it on needs no parser.
    """

    text: str
    """In its normal form, which is that of no other tree."""

    @classmethod
    def of(cls, root: Expression) -> "Condition":
        """That of a tree."""
        made = cls(written(root))
        vars(made)["root"] = root
        return made

    def __str__(self) -> str:
        """The text in its normal form, which parses to an equal condition."""
        return self.text

    @cached_property
    def root(self) -> Expression:
        """Its tree.

        Raises:
            InvalidCondition: the text is none.
        """
        # The library takes 100 ms, and most processes that know of pipelines ask no condition.
        from framemesh.core.graph.condition.reading.reader import read  # noqa: PLC0415

        return read(self.text)

    @cached_property
    def test(self) -> Test:
        """The function that says whether it is true of an item and its frame, or of a frame without
        one (None).

        Of what is not known, as the area of an item without a box, no comparison is true, so that
        its `not` is. It never raises.
        """
        return compiled(self.root)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that it counts: they must be through before it is asked."""
        return stages_counted(self.root)

    def __getstate__(self) -> dict[str, Any]:
        # Functions cannot be copied into another process; it makes its own.
        return {"text": self.text}
