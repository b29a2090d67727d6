"""A model for Triton's Python backend that lies about bright pictures, in eight ways.

It runs in Triton's stub, so nothing of framemesh can be imported here.
"""

from typing import Any

import numpy as np
import triton_python_backend_utils as triton  # type: ignore[import-not-found]

BRIGHT = 128


class TritonPythonModel:
    """Declares `scores` [batch, 2, 4] and `boxes` [batch, 2, 4]."""

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self.answer(request) for request in requests]

    def answer(self, request: Any) -> Any:
        pixels = triton.get_input_tensor_by_name(request, "pixels").as_numpy()
        count = len(pixels)
        scores, boxes = np.zeros((count, 2, 4), np.float32), np.ones((count, 2, 4), np.float32)
        scores[:, 0, 3] = 1
        boxes[..., :2] = 0
        answers = {"scores": scores, "boxes": boxes}
        brightest = int(pixels.max())
        if brightest >= BRIGHT:
            self.lie(brightest - BRIGHT, answers)
        return triton.InferenceResponse(
            [triton.Tensor(name, values) for name, values in answers.items()]
        )

    def lie(self, which: int, answers: dict[str, Any]) -> None:
        scores, boxes = answers["scores"], answers["boxes"]
        match which:
            case 0:
                answers["scores"] = scores[:, :1]
            case 1:
                answers["scores"] = np.concatenate([scores, scores], axis=1)
            case 2:
                answers["scores"] = scores.reshape(len(scores), 8)
            case 3:
                answers["scores"] = scores.astype(np.float64)
            case 4:
                answers["scores"] = scores.astype(np.int32)
            case 5:
                del answers["boxes"]
            case 6:
                boxes[:, 1, 2] = np.nan
            case 7:
                boxes[:, 1, 2] = -np.inf
