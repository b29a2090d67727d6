"""The names of streams, consumers and subjects.

A stream's name ends in its generation and number, so that no two pipelines can share one. All
tokens follow the grammar of names (framemesh.core.names), which has no dots.
"""

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.generation import Generation, Shard

PIPELINES_BUCKET = "framemesh-pipelines"
CHECKPOINTS_BUCKET = "framemesh-checkpoints"


def frames_stream(pipeline: str, generation: int, index: int) -> str:
    """The `index`-th stream of a generation of the buffer of a pipeline."""
    return f"FRAMES-{pipeline}-{generation}-{index}"


def frames_streams(pipeline: str, generation: Generation) -> list[str]:
    """All streams of a generation of the buffer of a pipeline."""
    return [
        frames_stream(pipeline, generation.number, index) for index in range(generation.streams)
    ]


def shard_stream(shard: Shard) -> str:
    """The stream that holds a shard."""
    return frames_stream(shard.pipeline, shard.generation, shard.stream)


def frames_subject(shard: Shard, camera: str) -> str:
    """Where the frames of a camera in one shard are; "*" for every camera."""
    return f"frames.{shard.pipeline}.{_token(shard)}.{camera}"


def shard_consumer(shard: Shard) -> str:
    """The durable consumer of a shard."""
    return f"shard-{_token(shard)}"


def retired_subject(pipeline: str, generation: int, index: int) -> str:
    """What a stream listens to that takes no more frames: nobody writes there."""
    return f"retired.{pipeline}.{generation}.{index}"


def _token(shard: Shard) -> str:
    return f"{shard.generation}-{shard.number}" + ("-high" if shard.high else "")


def ledger_stream(pipeline: str) -> str:
    """Everything that the ledger of a pipeline is built from."""
    return f"LEDGER-{pipeline}"


def outcome_subject(pipeline: str, frame: FrameId, run: str = "") -> str:
    """Where the outcome of a frame in a run is, and nothing else: its place can be taken once.

    The empty run is the live one. Others have a root of their own, which no reader of live outcomes
    sees.
    """
    root = f"runs.{pipeline}.{run}" if run else f"outcomes.{pipeline}"
    return f"{root}.{frame.camera}.{frame.session}.{frame.sequence}"


def outcomes_subject(pipeline: str, camera: str) -> str:
    """Where the outcomes of a camera are; "*" for every camera."""
    return f"outcomes.{pipeline}.{camera}.>"


def trial_subject(pipeline: str, frame: FrameId, number: int) -> str:
    """Where it is written that a suspicious frame is tried alone for the `number`-th time."""
    return f"trials.{pipeline}.{frame.camera}.{frame.session}.{frame.sequence}.{number}"


def trials_subject(pipeline: str) -> str:
    """Where all such tries are."""
    return f"trials.{pipeline}.>"


def dead_stream(pipeline: str) -> str:
    """The dead letters of a pipeline."""
    return f"DEAD-{pipeline}"


def dead_subject(pipeline: str, frame: FrameId) -> str:
    """Where a frame is kept that died."""
    return f"dead.{pipeline}.{frame.camera}.{frame.session}.{frame.sequence}"


def dead_subjects(pipeline: str, camera: str, session: str = "*", sequence: int | str = "*") -> str:
    """Where the dead letters of a camera are, all of them or some; "*" for every camera."""
    return f"dead.{pipeline}.{camera}.{session}.{sequence}"


def accepted_subject(pipeline: str, camera: str) -> str:
    """Where it is written which frames of a camera were accepted; "*" for every camera."""
    return f"accepted.{pipeline}.{camera}"
