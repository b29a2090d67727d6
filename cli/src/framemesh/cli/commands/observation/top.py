"""`framemesh top`: the mesh on one screen, again every second."""

import sys
from typing import Annotated

import typer

from framemesh.cli.common import addresses
from framemesh.cli.top.answers import RemoteMesh
from framemesh.cli.top.app import Top
from framemesh.cli.top.colours import light_terminal
from framemesh.core.errors import Code, FramemeshError


class NoTerminal(FramemeshError):
    """There is nothing to show a screen on."""

    code = Code.INVALID


def top(
    *,
    light: Annotated[
        bool | None,
        typer.Option(
            "--light/--dark", help="Colours for a light or a dark background.", show_default=False
        ),
    ] = None,
    master: addresses.MasterAddress = addresses.MASTER,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Show pipelines, workers and cameras on one screen: is it working, where does it hurt.

    `q` quits, `?` tells the other keys. Where monitor or master are away it says so, and goes on.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("top needs a terminal: `framemesh status --json` prints the same figures")
    chosen = light_terminal() if light is None else light
    Top(lambda: RemoteMesh(master, monitor), master=master, monitor=monitor, light=chosen).run()
