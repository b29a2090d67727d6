"""One stage of a pipeline: a model, run on whole images or on regions of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod

from framemesh.core.detection import Detection
from framemesh.modeling.decoders.demand import InputSize
from framemesh.vision.arrays import Input
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, Row
from framemesh.worker.engine.decode_threads import DecodeJob, DecodeThreads
from framemesh.worker.engine.region import Region
from framemesh.worker.engine.stage_input import StageInput, StageResult
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs
from framemesh.worker.vision.image import FrameImage
from framemesh.worker.vision.output_reader import OutputReader

LARGE_OUTPUTS = 1024 * 1024
"""Bytes for one image. Where all of them count as something found, reading 2.8 MB takes 50 ms, for
which the event loop would stand still."""

LARGE_RESULT = 32 * 1024
"""Bytes that a model may tell of one image at most: some 150 boxes. A mask takes 0.4 ms."""


TURN_SECONDS = 0.002
"""Of reading outputs, until others have their turn on the event loop."""

MAX_SIZES = 64
"""Of inputs whose decoders are kept: cameras have a few, crops may have hundreds."""


class Stage:
    """Runs a model, for any number of callers at once."""

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        preprocessor: Preprocessor,
        decoder_of: Callable[[InputSize], Decoder],
        batcher: Batcher,
        *,
        max_batch: int,
        inputs: Sequence[Input],
        threads: DecodeThreads,
        result_bytes: int,
    ) -> None:
        """
        Args:
            decoder_of: the decoder for inputs of a size.
            inputs: the rows that `batcher` lends, to be written to; each holds the largest input.
            result_bytes: what the model may tell of one image at most.
        """
        self._preprocessor = preprocessor
        self._reader_of = lru_cache(MAX_SIZES)(
            lambda size: OutputReader(name, labels, decoder_of(size))
        )
        self._batcher = batcher
        self._max_batch = max_batch
        self._inputs = inputs
        self._threads = threads
        self._large_result = result_bytes > LARGE_RESULT

    @property
    def input_bytes(self) -> int:
        """Size of one input of the model."""
        return self._inputs[0].nbytes

    @property
    def dispatch_latency_seconds(self) -> float:
        """Moving average in seconds, from reserving memory for an input until it was sent."""
        return self._batcher.dispatch_latency_seconds

    async def decode(self, images: Sequence[FrameImage]) -> list[Exception | None]:
        """Decode images whose size must be known before the stage runs; the error of each."""
        return await self._threads.run(
            [DecodeJob(partial(_pixels, image), image.decode_cpu_seconds) for image in images]
        )

    async def run(self, inputs: Sequence[StageInput], *, release_pixels: bool) -> list[StageResult]:
        """What the model finds in each frame; see `GraphExecutor.run` for the errors.

        Args:
            release_pixels: give each image's pixels back once its last input is written.
        """
        found: list[StageResult] = [[] for _ in inputs]
        parts = [
            _Part(at, each, region) for at, each in enumerate(inputs) for region in each.regions
        ]
        last = {part.frame: part for part in parts} if release_pixels else {}
        for at in range(0, len(parts), self._max_batch):
            # Nothing more is asked for a frame of which one part has failed.
            batch = [
                part
                for part in parts[at : at + self._max_batch]
                if isinstance(found[part.frame], list)
            ]
            if batch:
                await self._run_batch(batch, last, found)
        return found

    async def _run_batch(
        self, parts: list["_Part"], last: Mapping[int, "_Part"], found: list[StageResult]
    ) -> None:
        """Run the model on parts, as many as it takes at once, and add to what was found."""
        rows = await self._batcher.reserve(len(parts))
        try:
            by_frame: dict[int, list[tuple[_Part, int]]] = {}
            for part, row in zip(parts, rows, strict=True):
                by_frame.setdefault(part.frame, []).append((part, row))
            errors = await self._threads.run([self._job(mine, last) for mine in by_frame.values()])
            written: list[tuple[_Part, int]] = []
            for mine, error in zip(by_frame.values(), errors, strict=True):
                if error is None:
                    written += mine
                else:
                    found[mine[0][0].frame] = error
            if written:
                await self._infer(written, found)
        finally:
            self._batcher.release(rows)

    def _job(self, parts: Sequence[tuple["_Part", int]], last: Mapping[int, "_Part"]) -> DecodeJob:
        """Decodes the image of these parts, which is one, and writes their rows."""
        part, _ = parts[0]
        image = part.input.image
        release = last.get(part.frame) is parts[-1][0]
        write = partial(self._write, image, parts, release_pixels=release)
        return DecodeJob(partial(_pixels, image), image.decode_cpu_seconds, write)

    async def _infer(
        self, written: Sequence[tuple["_Part", int]], found: list[StageResult]
    ) -> None:
        differ = self._preprocessor.sizes_differ
        answers = await self._batcher.run(
            [
                Row(
                    row,
                    part.input.deadline,
                    part.input.context,
                    self._size(part) if differ else None,
                )
                for part, row in written
            ]
        )
        # Before the rows are released: the outputs lie in them.
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + TURN_SECONDS
        for (part, _), answer in zip(written, answers, strict=True):
            mine = found[part.frame]
            if isinstance(mine, Exception):
                continue
            if isinstance(answer, Exception):
                found[part.frame] = answer
                continue
            try:
                mine.append(await self._read(part, answer))
            except Exception as error:  # noqa: BLE001  it is that of one frame
                found[part.frame] = error
            if loop.time() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = loop.time() + TURN_SECONDS

    async def _read(self, part: "_Part", outputs: Outputs) -> list[Detection]:
        """What the outputs say of a region."""
        read = partial(self._detections, part.input.image, part.region, outputs)
        if self._large_result or _size(outputs) >= LARGE_OUTPUTS:
            # It waits for the end even if it is cancelled, so that the rows stay as they are.
            return await self._threads.call(read)
        return read()

    def _write(
        self, image: FrameImage, parts: Iterable[tuple["_Part", int]], *, release_pixels: bool
    ) -> None:
        for part, row in parts:
            pixels = image.pixels if part.region is None else part.region.cut(image.pixels)
            height, width = pixels.shape[:2]
            shape = self._preprocessor.shape(self._preprocessor.size(width, height))
            # A smaller input lies at the beginning of its row.
            out = self._inputs[row].reshape(-1)[: prod(shape)].reshape(shape)
            self._preprocessor.write(pixels, out)
        if release_pixels:
            # Not when the model has answered: all frames that wait for it would keep their pixels.
            image.release_pixels()

    def _detections(
        self, image: FrameImage, region: Region | None, outputs: Outputs
    ) -> list[Detection]:
        seen = region or image
        projection = self._preprocessor.projection(seen.width, seen.height)
        reader = self._reader_of(self._preprocessor.size(seen.width, seen.height))
        outer = None if region is None else region.box
        return list(reader.detections(outputs, projection, outer))

    def _size(self, part: "_Part") -> InputSize:
        """Of the input for a part."""
        seen = part.region or part.input.image
        return self._preprocessor.size(seen.width, seen.height)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A region of one of the frames that a stage runs on together."""

    frame: int
    """Its place among them."""
    input: StageInput
    region: Region | None


def _pixels(image: FrameImage) -> None:
    """Decode it, if that was not done before."""
    _ = image.pixels


def _size(outputs: Outputs) -> int:
    return sum(array.nbytes for array in outputs.values())
