"""How errors reach the terminal."""

import pytest
import typer
from typer.testing import CliRunner, Result

from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.core.errors import FramemeshError
from framemesh.sdk import IngestUnreachable


def run_raising(error: BaseException) -> Result:
    app = typer.Typer(cls=ErrorReportingGroup)

    @app.command()
    def fail() -> None:
        raise error

    @app.command()
    def other() -> None: ...

    return CliRunner().invoke(app, ["fail"])


def test_an_expected_error_is_one_line() -> None:
    result = run_raising(FramemeshError("the disk is full: free some"))
    assert (result.exit_code, result.stderr) == (1, "error: the disk is full: free some\n")


def test_many_tasks_that_failed_for_one_reason_are_one_line() -> None:
    errors = [IngestUnreachable("nobody there") for _ in range(3)]
    result = run_raising(ExceptionGroup("tasks", [ExceptionGroup("more", errors), errors[0]]))
    assert (result.exit_code, result.stderr) == (1, "error: nobody there\n")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), ExceptionGroup("tasks", [FramemeshError("x"), KeyError()])]
)
def test_a_fault_of_ours_is_not_hidden(error: Exception) -> None:
    assert run_raising(error).exception is error


def test_ctrl_c_is_quiet_and_has_its_status() -> None:
    result = run_raising(KeyboardInterrupt())
    assert (result.exit_code, result.output) == (130, "")
