"""The names of streams, consumers and subjects.

A stream's name ends in its generation and number, so that no two pipelines can share one. All
tokens follow the grammar of names (framemesh.core.names), which has no dots.
"""

import re

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.generation import Generation, Shard

PIPELINES_BUCKET = "framemesh-pipelines"
REVISIONS_BUCKET = "framemesh-revisions"
CHECKPOINTS_BUCKET = "framemesh-checkpoints"
SINKS_BUCKET = "framemesh-sinks"
SINK_STATES_BUCKET = "framemesh-sink-states"
REVOKED_BUCKET = "framemesh-revoked-tokens"


def frames_stream(pipeline: str, generation: int, index: int) -> str:
    """The stream number `index`, from 0, of a generation of a pipeline's buffer."""
    return f"FRAMES-{pipeline}-{generation}-{index}"


def frames_streams(pipeline: str, generation: Generation) -> list[str]:
    """All streams of a generation of a pipeline's buffer."""
    return [
        frames_stream(pipeline, generation.number, index) for index in range(generation.streams)
    ]


def generation_and_index(stream: str, pipeline: str) -> tuple[int, int] | None:
    """Of a stream of a pipeline's buffer, by its name; None: it is no such stream."""
    found = re.fullmatch(r"FRAMES-(.+)-(\d+)-(\d+)", stream)
    if found is None or found[1] != pipeline:
        return None
    return int(found[2]), int(found[3])


def buffer_subjects(pipeline: str) -> tuple[str, ...]:
    """What the streams of a pipeline's buffer take between them, those that are retired as well."""
    return f"frames.{pipeline}.>", f"retired.{pipeline}.>"


def shard_stream(shard: Shard) -> str:
    """The stream that holds a shard."""
    return frames_stream(shard.pipeline, shard.generation, shard.stream)


def frames_subject(shard: Shard, camera: str) -> str:
    """Where the frames of a camera in one shard are; "*" for every camera."""
    return f"frames.{shard.pipeline}.{_token(shard)}.{camera}"


def pipeline_of_frames(subject: str) -> str:
    """The pipeline of a subject of frames."""
    return subject.split(".")[1]


def shard_consumer(shard: Shard) -> str:
    """The durable consumer of a shard."""
    return f"shard-{_token(shard)}"


def retired_subject(pipeline: str, generation: int, index: int) -> str:
    """The subject of a stream that takes no more frames: nobody publishes there."""
    return f"retired.{pipeline}.{generation}.{index}"


def _token(shard: Shard) -> str:
    kind = ("-high" if shard.high else "") + ("-canary" if shard.canary else "")
    return f"{shard.generation}-{shard.number}{kind}"


def ledger_stream(pipeline: str) -> str:
    """The stream that the ledger of a pipeline is built from."""
    return f"LEDGER-{pipeline}"


def outcome_subject(pipeline: str, frame: FrameId, run: str = "") -> str:
    """Where the outcome of a frame in a run is. Nothing else is there: there can be only one.

    The empty run is the live one. Others have a root of their own, which no reader of live outcomes
    sees.
    """
    root = f"runs.{pipeline}.{run}" if run else f"outcomes.{pipeline}"
    return f"{root}.{frame.camera}.{frame.session}.{frame.sequence}"


def shadow_stream(pipeline: str) -> str:
    """The stream of the copies of frames for the shadow of a pipeline."""
    return f"SHADOW-{pipeline}"


def shadow_subject(pipeline: str, camera: str) -> str:
    """Where the copies of the frames of a camera are; "*" for every camera."""
    return f"shadow.{pipeline}.{camera}"


def shadow_consumer() -> str:
    """The durable consumer that the workers of a shadow share."""
    return "shadow"


def all_frames_subject(pipeline: str) -> str:
    """Where the frames of a pipeline are, in all shards: two wildcards, the second for cameras."""
    return f"frames.{pipeline}.*.*"


def camera_frames_subject(pipeline: str, camera: str) -> str:
    """Where the frames of a camera are, in all shards: a wildcard for those."""
    return f"frames.{pipeline}.*.{camera}"


def runs_stream(pipeline: str) -> str:
    """The stream that keeps the outcomes of a pipeline's other runs apart from the live ones."""
    return f"RUNS-{pipeline}"


def run_subjects(pipeline: str, run: str) -> str:
    """Where all outcomes of a run are that is not the live one; "*" for every run."""
    return f"runs.{pipeline}.{run}.>"


def shadow_run(number: int) -> str:
    """The run that the outcomes of a shadow belong to."""
    return f"s{number}"


def outcomes_subject(pipeline: str, camera: str) -> str:
    """Where the outcomes of a camera are; "*" for every camera."""
    return f"outcomes.{pipeline}.{camera}.>"


def isolated_attempt_subject(pipeline: str, frame: FrameId, number: int) -> str:
    """Where the record of a suspect frame's isolated attempt is; `number` counts from 1."""
    return f"trials.{pipeline}.{frame.camera}.{frame.session}.{frame.sequence}.{number}"


def isolated_attempts_subject(pipeline: str) -> str:
    """Where the records of all isolated attempts are."""
    return f"trials.{pipeline}.>"


def dead_stream(pipeline: str) -> str:
    """The stream of the dead letters of a pipeline."""
    return f"DEAD-{pipeline}"


def dead_subject(pipeline: str, frame: FrameId) -> str:
    """Where the dead letter of a frame is."""
    return f"dead.{pipeline}.{frame.camera}.{frame.session}.{frame.sequence}"


def dead_subjects(pipeline: str, camera: str, session: str = "*", sequence: int | str = "*") -> str:
    """Where the dead letters of a camera are, all of them or some; "*" for every camera."""
    return f"dead.{pipeline}.{camera}.{session}.{sequence}"


def accepted_subject(pipeline: str, camera: str) -> str:
    """Where the records of a camera's accepted frames are; "*" for every camera."""
    return f"accepted.{pipeline}.{camera}"


SEVERAL = "+"
"""In the place of a camera, which no camera can have as its name."""


SINK_CONSUMERS = "sink-"
"""What the names of the consumers of sinks begin with."""


def sink_consumer(sink: str) -> str:
    """The durable consumer of a sink, of the ledger's stream: its place."""
    return f"{SINK_CONSUMERS}{sink}"


def pictures_stream(pipeline: str) -> str:
    """The stream of the copies of frames for the sinks of a pipeline that need pictures."""
    return f"PICTURES-{pipeline}"


def pictures_subject(pipeline: str, camera: str) -> str:
    """Where the pictures of a camera are; "*" for every camera."""
    return f"pictures.{pipeline}.{camera}"
