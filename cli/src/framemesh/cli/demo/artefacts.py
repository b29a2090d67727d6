"""What the demo writes: an annotated video, a picture, and the results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from framemesh.api.common.v1 import outcome_pb2
from framemesh.runtime.messages.detection_message import detections_from_proto
from framemesh.runtime.messages.outcome_json import outcome_to_json
from framemesh.vision.drawing.picture import draw
from framemesh.vision.drawing.pixels import Pixels

VIDEO_FPS = 10.0
"""Frames a second of the bundled clip."""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Paths of the files."""

    video: Path
    picture: Path
    results: Path


def write_artefacts(
    folder: Path, clip: Path, outcomes: Sequence[outcome_pb2.Outcome], camera: str
) -> Artefacts:
    """Write all results, and the clip with the detections of `camera`; blocks for seconds.

    The picture is the frame with the most detections.
    """
    artefacts = Artefacts(folder / "street.mp4", folder / "street.png", folder / "results.jsonl")
    lines = (json.dumps(outcome_to_json(outcome)) for outcome in outcomes)
    artefacts.results.write_text("".join(f"{line}\n" for line in lines))
    by_sequence = {o.frame.sequence: o for o in outcomes if o.frame.camera == camera}
    best = max(by_sequence, key=lambda sequence: len(by_sequence[sequence].detections))
    _write_video(artefacts, clip, by_sequence, best)
    return artefacts


def _write_video(
    artefacts: Artefacts, clip: Path, outcomes: Mapping[int, outcome_pb2.Outcome], best: int
) -> None:
    writer: cv2.VideoWriter | None = None
    # The n-th frame of a session has sequence number n, from 1.
    for sequence, picture in enumerate(_pictures(clip), start=1):
        if sequence not in outcomes:
            break
        drawn = draw(picture, detections_from_proto(outcomes[sequence]))
        height, width = drawn.shape[:2]
        if writer is None:
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(artefacts.video), codec, VIDEO_FPS, (width, height))
        writer.write(drawn)
        if sequence == best:
            cv2.imwrite(str(artefacts.picture), drawn)
    if writer is not None:
        writer.release()


def _pictures(clip: Path) -> Iterator[Pixels]:
    video = cv2.VideoCapture(str(clip))
    try:
        while True:
            was_read, picture = video.read()
            if not was_read:
                return
            yield np.asarray(picture, np.uint8)
    finally:
        video.release()
