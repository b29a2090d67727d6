"""Expected errors become one clear line on standard error, and an exit status."""

from typing import Any

import typer
from typer.core import TyperGroup

from framemesh.core.errors import FramemeshError, leaves
from framemesh.sdk.errors import FramemeshSdkError

_EXPECTED = (FramemeshError, FramemeshSdkError)


class ErrorReportingGroup(TyperGroup):
    """Commands whose expected errors are printed in one line each, with exit status 1.

    Any other error is a fault of ours and shows where it happened.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (*_EXPECTED, ExceptionGroup) as error:
            expected, rest = _split(error)
            if rest is not None:
                raise
            # Tasks that failed for the same reason are one line.
            for line in dict.fromkeys(map(str, expected)):
                typer.echo(f"error: {line}", err=True)
            raise typer.Exit(1) from error


def _split(error: Exception) -> tuple[list[BaseException], ExceptionGroup | None]:
    """The expected errors in `error`, and the rest of the group."""
    if not isinstance(error, ExceptionGroup):
        return [error], None
    expected, rest = error.split(_EXPECTED)
    return leaves(expected) if expected else [], rest
