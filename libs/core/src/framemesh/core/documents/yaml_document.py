"""Reading YAML documents into frozen values; errors name the line and the field.

Separate from document.py because services read no YAML and must not import its parser.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import yaml

from framemesh.core.documents.document import InvalidDocument, Path, Problem, read

T = TypeVar("T")

MAX_CHARACTERS = 4_000_000
"""Of a document; one of a thousand cameras has 200,000."""

MAX_VALUES = 200_000
"""Of a document, each counted as often as it is referred to: a kilobyte of references to references
stands for more than any memory holds."""

MAX_DEPTH = 100

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write before the text."""


class Located:
    """A YAML document as plain values, and the line that each of them stands on."""

    def __init__(self, text: str, what: str) -> None:
        """Read `text`, with or without a byte order mark; `what` ("street.yaml") begins the message
        of every error.

        Raises:
            InvalidDocument: it is not YAML, names a key twice, or stands for too much.
        """
        self.what = what
        text = text.removeprefix(BYTE_ORDER_MARK)
        if len(text) > MAX_CHARACTERS:
            raise _invalid(what, f"it has {len(text)} characters, over {MAX_CHARACTERS}")
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            if root is not None:
                _check_extent(root)
            self._lines = dict(_lines(root, ())) if root is not None else {}
            self._written = dict(_scalars(root, ())) if root is not None else {}
            self.value: Any = _value(root) if root is not None else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            raise InvalidDocument(what, (Problem((), str(error.problem), line),)) from error
        except yaml.YAMLError as error:
            # Where that is follows on lines of its own.
            raise _invalid(what, str(error).partition("\n")[0]) from error
        except _UnfitNodeError as error:
            raise InvalidDocument(what, (error.problem,)) from error
        except RecursionError as error:
            raise _invalid(what, "its values are nested too deep") from error

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


class _UnfitNodeError(Exception):
    """A part of a document that is YAML, and nothing that we read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _invalid(what: str, message: str) -> InvalidDocument:
    return InvalidDocument(what, (Problem((), message),))


def _check_extent(root: yaml.Node) -> None:
    """
    Raises:
        _UnfitNodeError: it stands for too many values, or is nested too deep, as one that is a part
            of itself.
    """
    waiting, values = [(root, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        values += 1
        if values > MAX_VALUES or depth > MAX_DEPTH:
            bound = f"{MAX_VALUES} values" if values > MAX_VALUES else f"{MAX_DEPTH} levels"
            raise _UnfitNodeError(
                Problem((), f"it stands for more than {bound}", node.start_mark.line + 1)
            )
        if isinstance(node, yaml.MappingNode):
            waiting += [(part, depth + 1) for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(item, depth + 1) for item in node.value]


def _value(root: yaml.Node) -> Any:
    """What the nodes stand for. References are followed in them, so this comes last.

    Raises:
        _UnfitNodeError: Python refuses one, as the 45th of a month, or 5,000 digits.
        yaml.YAMLError: the library does.
    """
    try:
        return yaml.SafeLoader("").construct_document(root)
    except yaml.YAMLError:
        raise
    except Exception as error:
        raise _UnfitNodeError(Problem((), f"a value cannot be read: {error}")) from error


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
            if not isinstance(key, yaml.ScalarNode):
                raise _UnfitNodeError(Problem(path, "a key is no text", line))
            here = (*path, str(key.value))
            if key.value in seen:
                raise _UnfitNodeError(Problem(here, "is there twice", line))
            seen.add(key.value)
            yield from _lines(value, here)
            yield here, line
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield from _lines(item, (*path, at))
