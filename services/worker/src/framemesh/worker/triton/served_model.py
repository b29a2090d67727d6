"""A model on a Triton: its memory, and inferences over runs of rows of it."""

import asyncio
from collections.abc import Sequence
from functools import partial

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from framemesh.core.clock import Clock
from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import (
    InferenceFailed,
    OutputTooLarge,
    TritonTimedOut,
    TritonUnavailable,
)
from framemesh.worker.triton.answer import AnswerReader
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.constants import ConstantInputs
from framemesh.worker.triton.repository import Deployment
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.shared_span import place
from framemesh.worker.triton.sized_requests import SizedRequests
from framemesh.worker.triton.staging import StagingBlocks
from framemesh.worker.triton.tensor_arena import (
    OutputBatch,
    RowOutputs,
    SharedMemory,
    TensorArena,
    rows_of,
    with_floats,
)

log = get_logger()

INFER_TIMEOUT_SECONDS = 15.0
"""For one request. Models take milliseconds to seconds; beyond this an instance hangs."""

LARGE_ANSWER = 8 * 1024 * 1024
"""Bytes of the outputs of one request. To go through them takes a millisecond, to make floats of
halves ten or more, for which the event loop would stand still."""

DETACH_ATTEMPTS = 10
DETACH_PAUSE_SECONDS = 0.05


class ServedModel:
    """Callers fill rows of the model's arena and send runs of neighbouring rows to Triton.

    One row more than asked for stays zero: probes send it.
    """

    def __init__(
        self, deployment: Deployment, client: TritonClient, *, rows: int, region: str, clock: Clock
    ) -> None:
        """`region` names the shared memory; no other model or worker may use that name."""
        self.deployment = deployment
        self.rows = RowAllocator(rows)
        self.answered_at = 0.0
        """When it last answered a request, by the monotonic clock."""
        self._client = client
        self._clock = clock
        self.region = region
        self._probe_row = rows
        self._input, *others = deployment.signature.inputs
        self._outputs = deployment.signature.outputs
        self._fixed_batch = deployment.signature.fixed_batch
        # No room can be set aside for outputs whose size only the model knows, and those of a fixed
        # batch would lie over those of the rows behind.
        unplaced = (
            self._fixed_batch
            or deployment.sizes_differ
            or any(output.image_bytes < 0 for output in self._outputs)
        )
        self._answers = AnswerReader(self.name, self._outputs)
        self._placed = () if unplaced else self._outputs
        self._constants = ConstantInputs(
            deployment.manifest.constant_numbers, others, deployment.largest_batch
        )
        # A fixed batch that begins with the last row ends behind it.
        all_rows = rows + max(1, self._fixed_batch)
        self._constants_at = TensorArena.size(all_rows, self._input, self._placed)
        size = self._constants_at + self._constants.size
        blocks = deployment.instances + 1
        staged = blocks * max(deployment.largest_batch, self._fixed_batch) * self._input.image_bytes
        self._shared = self._share(staged if deployment.sizes_differ else size)
        shared = np.zeros(0, np.uint8) if self._shared is None else self._shared.bytes
        own = self._shared is None or deployment.sizes_differ
        memory = np.zeros(size, np.uint8) if own else shared
        self.arena = TensorArena(memory, all_rows, self._input, self._placed)
        self._constants.write(memory[self._constants_at :])
        self._staging = StagingBlocks(shared, blocks)
        self._sized = SizedRequests(deployment, self.arena.inputs, self._staging, region)
        self._requests: dict[tuple[int, int], bytes] = {}
        spec = deployment.manifest.input
        self._largest = InputSize(spec.width, spec.height) if deployment.sizes_differ else None

    @property
    def name(self) -> str:
        return self.deployment.name

    @property
    def shared_memory(self) -> bool:
        """Whether inputs go through shared memory, or in the request."""
        return self._shared is not None

    async def attach(self) -> None:
        """Register the shared memory with a Triton that was just connected.

        Raises:
            TritonUnavailable: it does not answer.
        """
        if self._shared is None:
            return
        try:
            await self._client.register(self.region, self._shared.key, self._shared.size)
        except TritonTimedOut:
            raise
        except (InferenceFailed, TritonUnavailable) as error:
            # It runs on another machine or in another container, with a /dev/shm of its own.
            log.warning(
                "triton cannot open our shared memory, inputs go in requests", reason=str(error)
            )
            self.close()
            self._shared = None

    async def probe(self) -> None:
        """Real inferences of a black image, enough that each instance gets one.

        Raises:
            InferenceFailed, TritonUnavailable: one of them failed.
        """
        # Values are not checked: a model may divide by the contrast of an image, which is 0 here.
        probes = [
            self._infer([self._probe_row], self._largest)
            for _ in range(2 * self.deployment.instances)
        ]
        for answer in await asyncio.gather(*probes, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer

    async def infer(self, rows: Sequence[int], size: InputSize | None = None) -> list[RowOutputs]:
        """The outputs for rows, in order.

        They may be views of the arena, good until a row is used again.

        Args:
            rows: that follow one another where all inputs have one size.
            size: of their inputs, where those of the model differ.

        Raises:
            InferenceFailed: the model refused one of the inputs, or its answer is not what it
                declared: another shape or type, or values that are NaN or infinite.
            TritonUnavailable: Triton is down, or not healthy.
            TritonTimedOut: it gave no answer; it may still use the rows.
        """
        outputs = await self._infer(rows, size)
        read = partial(self._read, outputs, len(rows))
        if sum(values.nbytes for values in outputs.values()) < LARGE_ANSWER:
            return read()
        # Cancelled, it is read for nobody: it changes nothing.
        return await asyncio.to_thread(read)

    def _read(self, outputs: OutputBatch, count: int) -> list[RowOutputs]:
        floats = with_floats(outputs)
        self._answers.check_finite(floats)
        return rows_of(floats, count)

    async def _infer(self, rows: Sequence[int], size: InputSize | None) -> OutputBatch:
        """The outputs for rows, in the declared shape and type, whatever their values."""
        first, count = rows[0], len(rows)
        if size is not None:
            return self._unpacked(await self._ask_of_size(rows, size), count)
        # Not afterwards: memory that a new Triton cannot open is given up meanwhile.
        placed = self._shared is not None and bool(self._placed)
        try:
            answer = await self._ask(self._request(first, count))
        except OutputTooLarge:
            # Triton names only bytes: what comes in a message has a shape to be named.
            answer, placed = await self._ask(self._request_in_message(first, count)), False
        if not placed:
            return self._unpacked(answer, count)
        self._answers.check_placed(answer, count)
        return self.arena.outputs(first, count)

    async def _ask_of_size(self, rows: Sequence[int], size: InputSize) -> pb.ModelInferResponse:
        block = self._staging.take() if self._shared is not None else None
        # Cancelled here, the worker stops, and the thread may still write to the block: it is kept.
        request = await asyncio.to_thread(self._sized.request, rows, size, block)
        try:
            return await self._ask(request)
        finally:
            if block is not None:
                self._staging.release(block)

    def _unpacked(self, answer: pb.ModelInferResponse, count: int) -> OutputBatch:
        outputs = self._answers.unpack(answer, count)
        return {name: values[:count] for name, values in outputs.items()}

    async def _ask(self, request: bytes) -> pb.ModelInferResponse:
        answer = await self._client.infer(request, INFER_TIMEOUT_SECONDS)
        self.answered_at = self._clock.monotonic()
        return answer

    async def detach(self) -> None:
        """Unregister the shared memory, so that a Triton that outlives the worker frees it."""
        if self._shared is None:
            return
        for _ in range(DETACH_ATTEMPTS):
            try:
                await self._client.unregister(self.region)
                return
            except TritonUnavailable:
                # For a moment after its last answer Triton reports the region as in use.
                await asyncio.sleep(DETACH_PAUSE_SECONDS)
        log.warning("triton keeps our shared memory", region=self.region)

    def close(self) -> None:
        """Free the shared memory."""
        if self._shared is not None:
            self._shared.close()

    def _share(self, size: int) -> SharedMemory | None:
        try:
            return SharedMemory(self.region, size)
        except OSError as error:
            log.warning(
                "no room in /dev/shm, inputs go in requests",
                bytes=size,
                reason=str(error),
                model=self.name,
            )
            return None

    def _request(self, first: int, count: int) -> bytes:
        if self._shared is None:
            return self._request_in_message(first, count)
        # There are only so many runs, and most are sent thousands of times.
        run = (first, count)
        if run not in self._requests:
            self._requests[run] = self._placed_request(first, count)
        return self._requests[run]

    def _request_in_message(self, first: int, count: int) -> bytes:
        request = self._described(count)
        sent = self._fixed_batch or count
        request.raw_input_contents.append(self.arena.input_bytes(first, sent))
        for at in range(len(self._constants.tensors)):
            request.raw_input_contents.append(self._constants.content(at, count))
        return bytes(request.SerializeToString())

    def _placed_request(self, first: int, count: int) -> bytes:
        request = self._described(count)
        # A fixed batch shows the model the rows behind as well; what it makes of them is not read.
        place(request.inputs[0], self.region, self.arena.span(0, first, self._fixed_batch or count))
        for at in range(len(self._constants.tensors)):
            offset, size = self._constants.span(at, count)
            place(request.inputs[at + 1], self.region, (self._constants_at + offset, size))
        for at in range(1, len(self._placed) + 1):
            place(request.outputs[at - 1], self.region, self.arena.span(at, first, count))
        return bytes(request.SerializeToString())

    def _described(self, count: int) -> pb.ModelInferRequest:
        request = pb.ModelInferRequest(
            model_name=self.name, model_version=str(self.deployment.version)
        )
        for tensor in (self._input, *self._constants.tensors):
            shape = self.deployment.request_shape(tensor, count)
            request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
        for output in self._outputs:
            request.outputs.add(name=output.name)
        return request
