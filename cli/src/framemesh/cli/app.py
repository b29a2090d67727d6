"""All commands of `framemesh`."""

import typer

from framemesh.cli.on_demand import Listed, OnDemand


class Framemesh(Listed):
    commands_on_demand = (
        OnDemand(
            "up",
            "framemesh.cli.up:up",
            "Start everything on this machine and wait until it is healthy.",
        ),
        OnDemand(
            "down",
            "framemesh.cli.up:down",
            "Stop what `framemesh up` started. The data stays.",
        ),
        OnDemand(
            "demo",
            "framemesh.cli.demo.command:demo",
            "Find people in a street: start everything, push a clip as two cameras, stop it all.",
        ),
        OnDemand("model", "framemesh.cli.model:app", "Register and list models."),
        OnDemand("pipeline", "framemesh.cli.pipeline:app", "Apply, list and delete pipelines."),
        OnDemand(
            "push",
            "framemesh.cli.push:push",
            "Send frames to a pipeline. Fails if one was rejected.",
        ),
        OnDemand(
            "watch",
            "framemesh.cli.watch:watch",
            "Print the results of a pipeline, one line a frame, until Ctrl-C.",
        ),
        OnDemand(
            "status",
            "framemesh.cli.status:status",
            "Show the ledger of every camera, the backlog, rates, ages and workers.",
        ),
        OnDemand("frame", "framemesh.cli.frame:app", "Say what happened to a frame."),
        OnDemand(
            "dead", "framemesh.cli.dead:app", "List, show, replay and purge frames that died."
        ),
    )


app = typer.Typer(cls=Framemesh, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def framemesh() -> None:
    """Frames of many cameras through deep-learning models, each with one known fate."""
