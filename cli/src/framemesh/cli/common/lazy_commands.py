"""Commands that are imported when they are called, so that `--help` need not wait for OpenCV."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from framemesh.cli.common.failures import ErrorReportingGroup


class LazyCommand(TyperCommand):
    """The entry of a command that is not imported yet."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        """`target` is "module:attribute", a function or a typer app; `summary` the first line of
        its help."""
        super().__init__(name, help=summary)
        self._target = target

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        return self.load().make_context(info_name, args, *rest, **extra)

    def load(self) -> Any:
        """The command itself."""
        module, _, attribute = self._target.partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(self.name)(found)
            found = alone
        return typer.main.get_command(found)


class LazyGroup(ErrorReportingGroup):
    """A group of the commands in `commands_on_demand`, in that order."""

    commands_on_demand: tuple[LazyCommand, ...] = ()

    def list_commands(self, ctx: Any) -> list[str]:
        return [str(command.name) for command in self.commands_on_demand]

    def get_command(self, ctx: Any, cmd_name: str) -> LazyCommand | None:
        return next((one for one in self.commands_on_demand if one.name == cmd_name), None)
