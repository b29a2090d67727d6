"""Reading YAML documents into frozen values; errors name the line and the field.

Separate from document.py because services read no YAML and must not import its parser.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import yaml

from framemesh.core.documents.document import InvalidDocument, Path, Problem, read

T = TypeVar("T")

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write before the text."""


class Located:
    """A YAML document as plain values, and the line that each of them stands on."""

    def __init__(self, text: str, what: str) -> None:
        """Read `text`, with or without a byte order mark; `what` ("street.yaml") begins the message
        of every error.

        Raises:
            InvalidDocument: it is not YAML, or names a key twice.
        """
        self.what = what
        text = text.removeprefix(BYTE_ORDER_MARK)
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            self._lines = dict(_lines(root, ())) if root is not None else {}
            self._written = dict(_scalars(root, ())) if root is not None else {}
            self.value: Any = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            raise InvalidDocument(what, (Problem((), str(error.problem), line),)) from error
        except yaml.YAMLError as error:
            raise InvalidDocument(what, (Problem((), str(error)),)) from error
        except _DuplicateKeyError as error:
            raise InvalidDocument(what, (error.problem,)) from error

    def read(self, kind: type[T]) -> T:
        """The document as a `kind`.

        Raises:
            InvalidDocument: with the line and the field of every error.
        """
        try:
            return read(self.value, kind, self.what)
        except InvalidDocument as error:
            raise self.located(error) from error

    def written(self, path: Path) -> str:
        """A value that is no list and no mapping as it stands in the text: YAML reads `yes` as a
        boolean, and 007 as a number."""
        return self._written[path]

    def located(self, error: InvalidDocument) -> InvalidDocument:
        """The same error with the lines of this document."""
        return InvalidDocument(
            self.what,
            tuple(Problem(p.path, p.message, self._line(p.path)) for p in error.problems),
        )

    def _line(self, path: Path) -> int:
        # A field that is missing has no line; the mapping that lacks it has one.
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


class _DuplicateKeyError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _scalars(node: yaml.Node, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, yaml.ScalarNode):
        yield path, node.value
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield from _scalars(item, (*path, at))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*path, str(key.value)))


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            here = (*path, str(key.value))
            if key.value in seen:
                raise _DuplicateKeyError(Problem(here, "is there twice", line))
            seen.add(key.value)
            yield from _lines(value, here)
            yield here, line
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield from _lines(item, (*path, at))
