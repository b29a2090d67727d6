"""The list of commands, none of which is imported before it is called."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from framemesh.cli.app import Framemesh, app
from framemesh.cli.common.lazy_commands import LazyCommand


@pytest.mark.parametrize("command", Framemesh.commands_on_demand, ids=lambda one: str(one.name))
def test_a_command_is_listed_with_the_first_line_of_its_help(command: LazyCommand) -> None:
    help_text = command.load().help
    assert help_text.splitlines()[0] == command.help


def test_help_lists_every_command() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    assert all(str(command.name) in said for command in Framemesh.commands_on_demand)


def test_the_list_of_commands_needs_neither_opencv_nor_pydantic() -> None:
    program = (
        "import sys, framemesh.cli.__main__; sys.exit(bool({'cv2', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
