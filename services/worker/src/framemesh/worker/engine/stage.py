"""One stage of a pipeline: a model, run on whole images or on regions of them."""

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from math import prod

from framemesh.core.detection import Detection
from framemesh.modeling.decoders.demand import InputSize
from framemesh.vision.arrays import Input
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.region import Region
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs
from framemesh.worker.vision.image import FrameImage
from framemesh.worker.vision.output_reader import OutputReader

LARGE_OUTPUTS = 1024 * 1024
"""Bytes for one image. Where all of them count as something found, reading 2.8 MB takes 50 ms, for
which the event loop would stand still."""

LARGE_RESULT = 32 * 1024
"""Bytes that a model may tell of one image at most: some 150 boxes. A mask takes 0.4 ms."""


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

    async def decode(self, image: FrameImage) -> None:
        """Decode an image whose size must be known before the stage runs.

        Raises:
            Undecodable: as `GraphExecutor.run`.
        """
        await self._threads.run(lambda: image.pixels, lambda: None, image.decode_cpu_seconds)

    async def run(
        self,
        image: FrameImage,
        regions: Sequence[Region | None],
        deadline: float = math.inf,
        *,
        release_pixels: bool,
    ) -> list[list[Detection]]:
        """What the model finds in each region; None is the whole image.

        Boxes are in fractions of the whole image; detections have no parent.

        Args:
            deadline: by the event loop's time; what is not sent to the model by then never is.
            release_pixels: give the image's pixels back once the last input is written.

        Raises:
            Undecodable, TooOld, InferenceFailed, TritonUnavailable: as `GraphExecutor.run`.
        """
        found: list[list[Detection]] = []
        for at in range(0, len(regions), self._max_batch):
            end = at + self._max_batch
            last = release_pixels and end >= len(regions)
            found += await self._run_batch(image, regions[at:end], deadline, release_pixels=last)
        return found

    async def _run_batch(
        self,
        image: FrameImage,
        regions: Sequence[Region | None],
        deadline: float,
        *,
        release_pixels: bool,
    ) -> list[list[Detection]]:
        rows = await self._batcher.reserve(len(regions))
        try:
            await self._threads.run(
                lambda: image.pixels,
                lambda: self._write(image, regions, rows, release_pixels=release_pixels),
                image.decode_cpu_seconds,
            )
            sizes = self._sizes(image, regions) if self._preprocessor.sizes_differ else None
            outputs = await self._batcher.run(rows, deadline, sizes)
            # Before the rows are released: the outputs lie in them.
            return await self._read(image, regions, outputs)
        finally:
            self._batcher.release(rows)

    async def _read(
        self, image: FrameImage, regions: Sequence[Region | None], outputs: Sequence[Outputs]
    ) -> list[list[Detection]]:
        """What the outputs say of each region."""
        found: list[list[Detection]] = []
        for region, output in zip(regions, outputs, strict=True):
            read = partial(self._detections, image, region, output)
            if self._large_result or _size(output) >= LARGE_OUTPUTS:
                # It waits for the end even if it is cancelled, so that the rows stay as they are.
                found.append(await self._threads.call(read))
            else:
                found.append(read())
                # Others have their turn before the next region.
                await asyncio.sleep(0)
        return found

    def _write(
        self,
        image: FrameImage,
        regions: Sequence[Region | None],
        rows: Iterable[int],
        *,
        release_pixels: bool,
    ) -> None:
        for region, row in zip(regions, rows, strict=True):
            pixels = image.pixels if region is None else region.cut(image.pixels)
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

    def _sizes(self, image: FrameImage, regions: Sequence[Region | None]) -> list[InputSize]:
        """Of the input for each region."""
        seen = [region or image for region in regions]
        return [self._preprocessor.size(each.width, each.height) for each in seen]


def _size(outputs: Outputs) -> int:
    return sum(array.nbytes for array in outputs.values())
