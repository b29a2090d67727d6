"""The exported model as the platform runs it: an ONNX file and a decoder of a few lines."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .boxes import Detections, non_max_suppression
from .video import Picture, fit

SUPPRESSION_IOU = 0.5


class Student:
    """Finds people in pictures of any size."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(model, options, providers=providers)
        _, self.height, self.width, _ = self._session.get_inputs()[0].shape

    def run(self, pictures: NDArray[np.uint8]) -> tuple[np.ndarray, np.ndarray]:
        """uint8 [batch, height, width, 3] to heatmap [batch, 1, ...] and boxes [batch, 4, ...]."""
        heat, boxes = self._session.run(["heatmap", "boxes"], {"images": pictures})
        return heat, boxes

    def __call__(self, frame: Picture, threshold: float) -> Detections:
        """The people in `frame` whose heat is `threshold` at least."""
        heat, boxes = self.run(fit(frame, self.width, self.height)[None])
        hot = heat[0, 0] >= threshold
        return non_max_suppression(
            boxes[0].transpose(1, 2, 0)[hot], heat[0, 0][hot], SUPPRESSION_IOU
        )
