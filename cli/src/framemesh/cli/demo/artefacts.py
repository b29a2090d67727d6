"""What the demo leaves behind: a video, a picture, and the results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.common import converters
from framemesh.cli.demo.drawing import Pixels, draw

VIDEO_FPS = 10.0
"""Of the bundled clip."""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Where the files are."""

    video: Path
    picture: Path
    results: Path


def write_artefacts(
    folder: Path, clip: Path, outcomes: Sequence[outcome_pb2.Outcome], camera: str
) -> Artefacts:
    """Write all results, and the clip as `camera` saw it; blocks for seconds.

    The picture is the frame with the most detections.
    """
    made = Artefacts(folder / "street.mp4", folder / "street.png", folder / "results.jsonl")
    lines = (json.dumps(converters.outcome_to_json(outcome)) for outcome in outcomes)
    made.results.write_text("".join(f"{line}\n" for line in lines))
    seen = {o.frame.sequence: o for o in outcomes if o.frame.camera == camera}
    best = max(seen, key=lambda sequence: len(seen[sequence].detections))
    _write_video(made, clip, seen, best)
    return made


def _write_video(
    made: Artefacts, clip: Path, seen: Mapping[int, outcome_pb2.Outcome], best: int
) -> None:
    writer: cv2.VideoWriter | None = None
    # The n-th frame of a session has sequence number n, from 1.
    for sequence, picture in enumerate(_pictures(clip), start=1):
        if sequence not in seen:
            break
        drawn = draw(picture, seen[sequence].detections)
        height, width = drawn.shape[:2]
        if writer is None:
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(made.video), codec, VIDEO_FPS, (width, height))
        writer.write(drawn)
        if sequence == best:
            cv2.imwrite(str(made.picture), drawn)
    if writer is not None:
        writer.release()


def _pictures(clip: Path) -> Iterator[Pixels]:
    video = cv2.VideoCapture(str(clip))
    try:
        while True:
            more, picture = video.read()
            if not more:
                return
            yield np.asarray(picture, np.uint8)
    finally:
        video.release()
