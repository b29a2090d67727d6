"""Conversion between plain JSON values and frozen dataclasses; errors name the field."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from framemesh.core.errors import Code, FramemeshError

T = TypeVar("T")
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
        name = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path).lstrip(".")
        return f"{where}{name}: {self.message}" if name else f"{where}{self.message}"


class InvalidDocument(FramemeshError):
    """A document has errors; `problems` says where and why."""

    code = Code.INVALID

    def __init__(self, what: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{what}: " + "; ".join(map(str, problems)))
        self.what = what
        self.problems = problems


def read(value: Any, kind: type[T], what: str) -> T:
    """Plain values (dicts, lists, strings, numbers) as a `kind`, a frozen dataclass.

    Raises:
        InvalidDocument: with the field of every error.
    """
    try:
        found: T = _adapter(kind).validate_python(value)
        return found
    except ValidationError as error:
        found_errors = error.errors(include_url=False)
        problems = [Problem(tuple(each["loc"]), _message(each)) for each in found_errors]
        raise InvalidDocument(what, _innermost(problems)) from error


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
            return "is missing"
        case "unexpected_keyword_argument" | "extra_forbidden":
            return "is not a field"
        case "string_pattern_mismatch":
            return f"bad name {error['input']!r}: use 1 to 64 letters, digits, '-' and '_'"
        case "value_error":
            return f"{error['ctx']['error']}, not {error['input']!r}"
        case _:
            message = str(error["msg"])
            return f"{message[0].lower()}{message[1:]}, not {error['input']!r}"
