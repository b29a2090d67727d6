"""The direct loop: a hand-written client of the same Triton, without a mesh.

Each thread decodes and preprocesses a batch of JPEGs into shared memory, calls Triton, and decodes
the outputs into boxes. The threads share only the queue of frames. Inputs are prepared by OpenCV,
as in a loop that somebody writes; with --same-preparation as the worker prepares them.

    python -m bench.direct ADDRESS --batch 8 --concurrency 3 --seconds 5
"""

import argparse
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from tritonclient import grpc as triton
from tritonclient.utils import shared_memory as shm

from bench.frames import MODEL, jpegs
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import validate_model
from framemesh.pixels import Prepare, opencv, prepare
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.vision.decoders.decoder import Decoder
from framemesh.worker.vision.decoders.registry import make_decoder

CALL_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Output:
    """An output tensor of the model, for one image."""

    name: str
    shape: tuple[int, ...]
    """Of float32, as those of all bundled models."""

    @property
    def bytes(self) -> int:
        return 4 * int(np.prod(self.shape))


@dataclass(frozen=True, slots=True)
class Target:
    """The model on the Triton that is called."""

    address: str
    name: str
    version: str
    manifest: ModelManifest
    outputs: tuple[Output, ...]
    decoder: Decoder
    prepare: Prepare = opencv.prepare


class Lane:
    """One thread's connection, its shared memory, and its requests, one at a time."""

    def __init__(self, target: Target, batch: int, number: int) -> None:
        self._target = target
        self._batch = batch
        self._client = triton.InferenceServerClient(target.address)
        self._preparation = Preprocessor(target.manifest.input, target.prepare)
        shape = (batch, *target.manifest.input.shape)
        dtype = np.dtype(str(target.manifest.input.dtype))
        self._input_bytes = int(np.prod(shape)) * dtype.itemsize
        self._size = self._input_bytes + batch * sum(output.bytes for output in target.outputs)
        self._region = f"direct-{number}"
        self._handle = shm.create_shared_memory_region(
            self._region, f"/bench-{self._region}", self._size
        )
        self._client.register_system_shared_memory(
            self._region, f"/bench-{self._region}", self._size
        )
        memory = shm.get_contents_as_numpy(self._handle, np.uint8, [self._size])
        self._inputs = memory[: self._input_bytes].view(dtype).reshape(shape)
        self._memory = memory
        self._request = self._make_request(shape, "UINT8" if dtype == np.uint8 else "FP32")

    def infer(self, images: Sequence[bytes]) -> int:
        """Boxes in a batch of JPEGs; returns how many there are."""
        for row, image in enumerate(images):
            self.prepare(row, image)
        self.call()
        return self.boxes(len(images))

    def prepare(self, row: int, image: bytes) -> None:
        """Decode a JPEG, and write it into the input."""
        picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        self._preparation.write(np.asarray(picture, np.uint8), self._inputs[row])

    def call(self) -> None:
        """Have Triton run what is in the input."""
        inputs, outputs = self._request
        self._client.infer(
            self._target.name,
            inputs,
            self._target.version,
            outputs=outputs,
            client_timeout=CALL_TIMEOUT_SECONDS,
        )

    def boxes(self, rows: int) -> int:
        """Decode what Triton wrote; returns how many boxes there are."""
        columns = self._columns()
        return sum(
            len(
                self._target.decoder.decode({name: column[row] for name, column in columns.items()})
            )
            for row in range(rows)
        )

    def close(self) -> None:
        self._client.unregister_system_shared_memory(self._region)
        self._client.close()
        shm.destroy_shared_memory_region(self._handle)

    def _make_request(
        self, shape: tuple[int, ...], datatype: str
    ) -> tuple[list[triton.InferInput], list[triton.InferRequestedOutput]]:
        given = triton.InferInput(self._target.manifest.input.name, list(shape), datatype)
        given.set_shared_memory(self._region, self._input_bytes)
        wanted = []
        offset = self._input_bytes
        for output in self._target.outputs:
            tensor = triton.InferRequestedOutput(output.name)
            tensor.set_shared_memory(self._region, self._batch * output.bytes, offset)
            wanted.append(tensor)
            offset += self._batch * output.bytes
        return [given], wanted

    def _columns(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        columns = {}
        offset = self._input_bytes
        for output in self._target.outputs:
            size = self._batch * output.bytes
            column = self._memory[offset : offset + size].view(np.float32)
            columns[output.name] = column.reshape(self._batch, *output.shape)
            offset += size
        return columns


@dataclass(frozen=True, slots=True)
class DirectRun:
    """The measured part of the loop."""

    frames_per_second: float
    cpu_ms: float
    """CPU time of this process for a frame."""


def measure(
    target: Target, images: Sequence[bytes], *, batch: int, concurrency: int, seconds: float
) -> DirectRun:
    """Run the loop for about `seconds`; the first second is a warm-up and is not measured."""
    lanes = [Lane(target, batch, number) for number in range(concurrency)]
    source = itertools.cycle(images)
    lock = threading.Lock()
    done = [0] * concurrency
    stop = threading.Event()

    def batches() -> Iterator[list[bytes]]:
        while not stop.is_set():
            with lock:
                some = [next(source) for _ in range(batch)]
            yield some

    def work(number: int) -> None:
        for some in batches():
            lanes[number].infer(some)
            done[number] += batch

    threads = [threading.Thread(target=work, args=(number,)) for number in range(concurrency)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    began, cpu, before = time.perf_counter(), time.process_time(), sum(done)
    time.sleep(seconds)
    frames = sum(done) - before
    run = DirectRun(
        frames / (time.perf_counter() - began), 1000 * (time.process_time() - cpu) / frames
    )
    stop.set()
    for thread in threads:
        thread.join()
    for lane in lanes:
        lane.close()
    return run


def target(address: str, model: Path, prepare: Prepare) -> Target:
    """A model folder, as the first version in a worker's Triton."""
    folder = read_model_folder(model)
    validated = validate_model(folder.manifest, folder.file)
    return Target(
        address=address,
        name=f"{folder.manifest.name}-1",
        version="1",
        manifest=folder.manifest,
        outputs=tuple(Output(o.name, o.image_shape) for o in validated.signature.outputs),
        decoder=make_decoder(folder.manifest.decoder, validated.binding),
        prepare=prepare,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--same-preparation", action="store_true", help="as the worker, not OpenCV")
    arguments = parser.parse_args()
    # As the worker: frames are decoded side by side, so OpenCV's own threads would only compete.
    cv2.setNumThreads(1)
    run = measure(
        target(
            arguments.address,
            arguments.model,
            prepare if arguments.same_preparation else opencv.prepare,
        ),
        jpegs(),
        batch=arguments.batch,
        concurrency=arguments.concurrency,
        seconds=arguments.seconds,
    )
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    main()
