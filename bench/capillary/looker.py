"""A model in one process, without Triton: what the processes of both rivals run.

Decoding, preparation and the boxes are the worker's own code, so that the ways differ in how work
is handed out alone.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from framemesh.cli.common.model_folder import read_model_folder
from framemesh.modeling.validation import validate_model
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.vision.decoders.registry import make_decoder


class Looker:
    """One onnxruntime with one thread."""

    def __init__(self, model: Path) -> None:
        folder = read_model_folder(model)
        validated = validate_model(folder.manifest, folder.file)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder.file, options, providers=["CPUExecutionProvider"]
        )
        given = folder.manifest.input
        self._name = given.name
        self._preparation = Preprocessor(given)
        self._input = np.zeros((1, *given.shape), np.dtype(str(given.dtype)))
        self._outputs = [output.name for output in validated.signature.outputs]
        self._decoder = make_decoder(folder.manifest.decoder, validated.binding)

    def boxes(self, image: bytes) -> int:
        """How many there are in a JPEG."""
        picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        self._preparation.write(np.asarray(picture, np.uint8), self._input[0])
        answers = self._session.run(self._outputs, {self._name: self._input})
        named = zip(self._outputs, answers, strict=True)
        return len(self._decoder.decode({name: answer[0] for name, answer in named}))


_LOOKERS: list[Looker] = []
"""The one of this process: a pool hands its tasks to functions of a module."""


def start(model: Path, warm: bytes) -> None:
    """Load the model into a process of a pool, and run it once."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    cv2.setNumThreads(1)
    _LOOKERS.append(Looker(model))
    look(warm)


def look(image: bytes) -> int:
    """What a slave does with an image that its master hands it."""
    return _LOOKERS[0].boxes(image)


def look_at_all(images: Sequence[bytes]) -> tuple[float, int]:
    """One after the other: seconds, and how many boxes."""
    began = time.monotonic()
    boxes = sum(map(look, images))
    return time.monotonic() - began, boxes
