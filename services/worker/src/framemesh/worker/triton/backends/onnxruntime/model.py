"""A Python-based Triton backend named "onnxruntime", for a Triton that has only the Python backend.

It serves what NVIDIA's C++ backend of that name serves: an ordinary repository with complete
configurations, whose outputs are those of onnxruntime called directly. It runs in Triton's stub,
in an environment of its own, so nothing of framemesh can be imported here.
"""

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton

REHEARSAL_SECONDS = 30.0
"""For the first inference of the largest batch. Later ones may take half as long at most."""

TERMINATED = "terminate flag"
"""In what onnxruntime says of an inference that was given up."""


class TritonPythonModel:
    """One instance of one model, in a process of its own."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the model. Triton shows what is raised as the reason why it is not ready."""
        if not np.__version__.startswith("1."):
            # It would read wrong values and write empty tensors, both without an error.
            raise triton.TritonModelException(
                f"numpy {np.__version__} does not fit Triton's Python stub: install numpy 1 in "
                "its environment"
            )
        config = json.loads(args["model_config"])
        self.batched = config["max_batch_size"] > 0
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        self.session = onnxruntime.InferenceSession(
            Path(triton.get_model_dir()) / (config["default_model_filename"] or "model.onnx"),
            session_options(config.get("parameters", {})),
            providers=["CPUExecutionProvider"],
        )
        # Triton knows no scalars: they come as lists of one.
        self.scalars = {given.name for given in self.session.get_inputs() if given.shape == []}
        for sample in config.get("model_warmup", []):
            self.rehearse(sample)

    def rehearse(self, sample: dict[str, Any]) -> None:
        """Run a warm-up here first: one that fails later ends tritonserver without a reason."""
        count = int(sample["batch_size"])
        try:
            self.run_bounded(self.rehearsed(sample, count))
        except Exception as error:
            hint = f"cannot run a batch of {count} images: {error}"
            if TERMINATED in str(error):
                hint = f"a batch of {count} images takes over {REHEARSAL_SECONDS:g} s"
            elif count > 1 and self.runs_one(sample):
                hint = f"its batch dimension is open in name only, set max_batch to 1 ({hint})"
            raise triton.TritonModelException(hint) from error

    def run_bounded(self, feed: dict[str, Any]) -> None:
        """Run it once, and give up after REHEARSAL_SECONDS: Triton would wait without an end."""
        options = onnxruntime.RunOptions()
        timer = threading.Timer(REHEARSAL_SECONDS, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            self.session.run(self.outputs, feed, options)
        finally:
            timer.cancel()

    def runs_one(self, sample: dict[str, Any]) -> bool:
        try:
            self.run_bounded(self.rehearsed(sample, 1))
        except Exception:  # noqa: BLE001  whatever it is, the caller tells the other one
            return False
        return True

    def rehearsed(self, sample: dict[str, Any], count: int) -> dict[str, Any]:
        """Inputs of `count` images: black ones, and what the sample has in files."""
        batch = [count] if self.batched else []
        return {
            name: self.shaped(
                name, np.resize(self.numbers(tensor), [*batch, *map(int, tensor["dims"])])
            )
            for name, tensor in sample["inputs"].items()
        }

    @staticmethod
    def numbers(tensor: dict[str, Any]) -> Any:
        kind = triton.triton_string_to_numpy(tensor["data_type"])
        if not tensor.get("input_data_file"):
            return np.zeros(1, kind)
        folder = Path(triton.get_model_dir()).parent / "warmup"
        return np.fromfile(folder / tensor["input_data_file"], kind)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer requests that Triton had waiting; with a batch dimension they are run as one."""
        try:
            if self.batched or len(requests) == 1:
                return self.run(requests)
            return [self.run([request])[0] for request in requests]
        except Exception as error:  # noqa: BLE001  the boundary of a call
            # All that were run together fail together, as with the C++ backend.
            failure = triton.TritonError(f"onnxruntime: {error}")
            return [triton.InferenceResponse(error=failure) for _ in requests]

    def run(self, requests: list[Any]) -> list[Any]:
        feed = {name: self.shaped(name, self.gathered(requests, name)) for name in self.inputs}
        results = self.session.run(self.outputs, feed)
        if len(requests) == 1:
            return [self.response(results)]
        sizes = [self.tensor(request, self.inputs[0]).shape[0] for request in requests]
        ends = np.cumsum(sizes)
        for name, result in zip(self.outputs, results, strict=True):
            if len(result) != ends[-1]:
                raise ValueError(f"output {name} {list(result.shape)} for {ends[-1]} images")
        return [
            self.response([result[end - size : end] for result in results])
            for size, end in zip(sizes, ends, strict=True)
        ]

    def gathered(self, requests: list[Any], name: str) -> Any:
        # Views of shared memory: a single request is never copied.
        tensors = [self.tensor(request, name) for request in requests]
        return tensors[0] if len(tensors) == 1 else np.concatenate(tensors)

    def shaped(self, name: str, values: Any) -> Any:
        return values.reshape(()) if name in self.scalars else values

    @staticmethod
    def tensor(request: Any, name: str) -> Any:
        return triton.get_input_tensor_by_name(request, name).as_numpy()

    def response(self, results: list[Any]) -> Any:
        named = zip(self.outputs, results, strict=True)
        return triton.InferenceResponse([triton.Tensor(name, result) for name, result in named])


def session_options(parameters: dict[str, dict[str, str]]) -> Any:
    """The options that config.pbtxt states under the names that the C++ backend knows."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    for name in ("intra_op_thread_count", "inter_op_thread_count"):
        threads = int(parameters.get(name, {}).get("string_value", "1"))
        setattr(options, name.replace("thread_count", "num_threads"), threads)
    patterns = parameters.get("enable_mem_pattern", {}).get("string_value", "1")
    options.enable_mem_pattern = patterns != "0"
    if parameters.get("share_weights", {}).get("string_value") == "1":
        # Both copy weights into another order, and each process would have copies of its own.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.add_session_config_entry("session.disable_prepacking", "1")
    return options
