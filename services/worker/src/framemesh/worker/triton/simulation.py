"""A model for Triton's Python backend that sleeps where an accelerator would compute.

Each instance works off one batch after the other, as a GPU does. It runs in Triton's stub, so
nothing of framemesh can be imported here.
"""

import json
import os
import time
from typing import Any

import numpy as np
import triton_python_backend_utils as triton  # type: ignore[import-not-found]

SLOWDOWN = "FRAMEMESH_SIMULATED_SLOWDOWN"
"""By how much an accelerator is slower than its manifest says: set for an agent, those of its node
are, as if it were another computer."""

HANDOVER_SECONDS = 0.003
"""A batch that arrives so soon after the end of the one before was waiting for it, and its time
counts from that end: Triton takes one to two milliseconds to hand a batch over, which must not
lower the capacity that is set."""


class TritonPythonModel:
    """One accelerator, in a process of its own."""

    def initialize(self, args: dict[str, str]) -> None:
        config = json.loads(args["model_config"])
        slowdown = float(os.environ.get(SLOWDOWN, "1"))
        self.base, self.per_image = (
            slowdown * float(config["parameters"][name]["string_value"]) / 1000
            for name in ("base_ms", "per_image_ms")
        )
        self.input = config["input"][0]["name"]
        self.free_at = 0.0
        # Without a batch dimension of Triton's, the first side is still the batch.
        first = 0 if config["max_batch_size"] else 1
        self.outputs = {
            tensor["name"]: (
                [int(side) for side in tensor["dims"][first:]],
                triton.triton_string_to_numpy(tensor["data_type"]),
            )
            for tensor in config["output"]
        }

    def execute(self, requests: list[Any]) -> list[Any]:
        """Zeros for all requests that Triton handed over, which are one batch, once its time is
        over."""
        now = time.monotonic()
        started = self.free_at if now - self.free_at < HANDOVER_SECONDS else now
        counts = [
            triton.get_input_tensor_by_name(request, self.input).shape()[0] for request in requests
        ]
        responses = [self.response(count) for count in counts]
        self.free_at = started + self.base + self.per_image * sum(counts)
        time.sleep(max(0.0, self.free_at - time.monotonic()))
        return responses

    def response(self, images: int) -> Any:
        return triton.InferenceResponse(
            [
                triton.Tensor(name, np.zeros((images, *sides), kind))
                for name, (sides, kind) in self.outputs.items()
            ]
        )
