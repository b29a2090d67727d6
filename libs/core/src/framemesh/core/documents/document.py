"""Conversion between plain JSON values and frozen dataclasses; errors name the field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from framemesh.core.errors import Code, FramemeshError

T = TypeVar("T")

UNKNOWN_FIELD, MISSING = "is not a field", "is missing"
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in a document."""

    path: Path
    """The field: ("stages", 0, "model")."""
    message: str
    line: int = 0
    """1-based; 0 where the document was not text."""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.name}: {self.message}" if self.name else f"{where}{self.message}"

    @property
    def name(self) -> str:
        """The field, as `stages[0].model`; empty: the whole document."""
        return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path).lstrip(".")


class InvalidDocument(FramemeshError):
    """A document has errors; `problems` says where and why."""

    code = Code.INVALID

    def __init__(self, what: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{what}: " + "; ".join(map(str, problems)))
        self.what = what
        self.problems = problems


class NewerDocument(InvalidDocument):
    """What is stored was written by a newer version of the software; it must not be overwritten."""

    code = Code.CONFLICT

    def __init__(self, what: str, fields: tuple[Problem, ...]) -> None:
        """`fields` are those that this version does not know."""
        super().__init__(what, fields)
        names = ", ".join(field.name for field in fields)
        line = f"{what} was written by a newer version of framemesh, with {names}"
        self.args = (f"{line}: update this one; it is left as it is",)


STORED = MappingProxyType({"stored": True})
"""The context of validators while what this software stored is read: it was valid before."""


def read(value: Any, kind: type[T], what: str, context: Mapping[str, bool] | None = None) -> T:
    """Plain values (dicts, lists, strings, numbers) as a `kind`, a frozen dataclass.

    Args:
        context: for the validators of fields; STORED or nothing.

    Raises:
        InvalidDocument: with the field of every error.
    """
    try:
        found: T = _adapter(kind).validate_python(value, context=context)
        return found
    except ValidationError as error:
        found_errors = error.errors(include_url=False)
        problems = [Problem(tuple(each["loc"]), _message(each)) for each in found_errors]
        raise InvalidDocument(what, _innermost(problems)) from error


def read_stored(value: bytes, kind: type[T], what: str) -> T:
    """What a version of this software stored as JSON; all in it has to be strict.

    Raises:
        NewerDocument: it has fields that this version does not know.
        InvalidDocument: it is damaged.
    """
    try:
        return read(json.loads(value or b"null"), kind, what, STORED)
    except ValueError as error:
        raise InvalidDocument(what, (Problem((), f"is not JSON: {error}"),)) from error
    except InvalidDocument as error:
        unknown = tuple(each for each in error.problems if each.message == UNKNOWN_FIELD)
        # Fields come and do not go: what lacks some is another document.
        if unknown and not any(each.message == MISSING for each in error.problems):
            raise NewerDocument(what, unknown) from error
        raise


def read_known(value: bytes, kind: type[T], what: str) -> tuple[T, tuple[Problem, ...]]:
    """As `read_stored`, for readers: they go on while another process is newer than they are.

    Returns it without the fields at its top that this version does not know, and those.

    Raises:
        NewerDocument: such fields lie deeper, where they may change what the others mean.
        InvalidDocument: it is damaged.
    """
    try:
        return read_stored(value, kind, what), ()
    except NewerDocument as error:
        if any(len(each.path) > 1 for each in error.problems):
            raise
        unknown = {each.path[0] for each in error.problems}
        document = {k: v for k, v in json.loads(value).items() if k not in unknown}
        return read(document, kind, what, STORED), error.problems


def dump(value: Any) -> dict[str, Any]:
    """A frozen dataclass as plain values that JSON can hold; the inverse of `read`."""
    plain: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return plain


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    # Making one costs milliseconds.
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _innermost(problems: list[Problem]) -> tuple[Problem, ...]:
    """Without what follows from another: a list that is empty because its one item is wrong."""
    paths = [p.path for p in problems]
    return tuple(
        p
        for p in problems
        if not any(len(q) > len(p.path) and q[: len(p.path)] == p.path for q in paths)
    )


def _message(error: Any) -> str:
    match error["type"]:
        case "missing":
            return MISSING
        case "unexpected_keyword_argument" | "extra_forbidden":
            return UNKNOWN_FIELD
        case "string_pattern_mismatch":
            return f"bad name {error['input']!r}: use 1 to 64 letters, digits, '-' and '_'"
        case "value_error":
            return f"{error['ctx']['error']}, not {error['input']!r}"
        case _:
            message = str(error["msg"])
            return f"{message[0].lower()}{message[1:]}, not {error['input']!r}"
