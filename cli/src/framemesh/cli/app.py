"""All commands of `framemesh`."""

import typer

from framemesh.cli.common.lazy_commands import LazyCommand, LazyGroup


class Framemesh(LazyGroup):
    commands_on_demand = (
        LazyCommand(
            "up",
            "framemesh.cli.commands.up:up",
            "Start everything on this machine and wait until it is healthy.",
        ),
        LazyCommand(
            "down",
            "framemesh.cli.commands.up:down",
            "Stop what `framemesh up` started. The data stays.",
        ),
        LazyCommand(
            "demo",
            "framemesh.cli.commands.demo:demo",
            "Find people in a street: start everything, push a clip as two cameras, stop it all.",
        ),
        LazyCommand(
            "try",
            "framemesh.cli.demo.try_out:try_out",
            "Find people in a street, in the mesh that runs: push a clip as two cameras.",
        ),
        LazyCommand(
            "setup",
            "framemesh.cli.commands.setup:setup",
            "Install the tritonserver that workers run; once, about 700 MB.",
        ),
        LazyCommand(
            "examples",
            "framemesh.cli.commands.examples:examples",
            "Copy the bundled model, pipeline and clip into a new folder.",
        ),
        LazyCommand(
            "model",
            "framemesh.cli.commands.model:app",
            "Check, submit, promote, list, show and delete models.",
        ),
        LazyCommand(
            "pipeline",
            "framemesh.cli.commands.pipeline:app",
            "Create, apply, show, list, roll back and delete pipelines.",
        ),
        LazyCommand(
            "node",
            "framemesh.cli.commands.node:app",
            "List, show and drain the machines that run workers.",
        ),
        LazyCommand(
            "certs",
            "framemesh.cli.commands.security.certs:app",
            "Make an authority and certificates for tests and small meshes, and show them.",
        ),
        LazyCommand(
            "resources",
            "framemesh.cli.commands.resources:resources",
            "Say what is free on the nodes, and what a pipeline would take of it.",
        ),
        LazyCommand(
            "push",
            "framemesh.cli.commands.sending.push:push",
            "Send frames to a pipeline. Fails if one was rejected or cannot be read.",
        ),
        LazyCommand(
            "cameras",
            "framemesh.cli.commands.sending.cameras:app",
            "Send many cameras from a file, find cameras, and say what a stream is.",
        ),
        LazyCommand(
            "watch",
            "framemesh.cli.commands.watch:watch",
            "Print the results of a pipeline, one line a frame, until Ctrl-C.",
        ),
        LazyCommand(
            "status",
            "framemesh.cli.commands.status:status",
            "Show the ledger of every camera, the backlog, rates, ages and workers.",
        ),
        LazyCommand(
            "top",
            "framemesh.cli.commands.observation.top:top",
            "Show pipelines, workers and cameras on one screen: is it working, where does it hurt.",
        ),
        LazyCommand(
            "logs",
            "framemesh.cli.commands.observation.logs:logs",
            "Print the logs of all programs of this machine's mesh as one, by time.",
        ),
        LazyCommand(
            "sink",
            "framemesh.cli.commands.sink:app",
            "Add, list, show and remove what takes results to files and other services.",
        ),
        LazyCommand(
            "broker",
            "framemesh.cli.commands.security.broker:app",
            "Make the configuration of a broker that knows its users.",
        ),
        LazyCommand(
            "token",
            "framemesh.cli.commands.security.token:app",
            "Make keys, and issue, list and revoke the tokens by which a mesh knows who calls.",
        ),
        LazyCommand(
            "doctor",
            "framemesh.cli.commands.observation.doctor:doctor",
            "Say what is wrong with this machine or its mesh, and what to do; nothing is changed.",
        ),
        LazyCommand("frame", "framemesh.cli.commands.frame:app", "Say what happened to a frame."),
        LazyCommand(
            "trace",
            "framemesh.cli.commands.trace:trace",
            "Show the way of a frame hop by hop, and its page in Jaeger. Fails if it has no trace.",
        ),
        LazyCommand(
            "dead",
            "framemesh.cli.commands.dead:app",
            "List, show, replay and purge frames that died.",
        ),
    )


app = typer.Typer(cls=Framemesh, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def framemesh() -> None:
    """Frames of many cameras through deep-learning models, each with one known fate."""
