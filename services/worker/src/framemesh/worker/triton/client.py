"""The gRPC calls of a worker to Triton, with errors by what they mean for the caller."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc as stubs

from framemesh.core.tracing.trace_context import TRACEPARENT
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.rpc.channel import UNLIMITED, channel
from framemesh.worker.errors import (
    InferenceFailed,
    OutputTooLarge,
    TritonTimedOut,
    TritonUnavailable,
)
from framemesh.worker.tracing.batch_record import TRITON_CONTEXT

T = TypeVar("T")

CONNECT = ConnectOptions(keepalive_seconds=None, reconnect_seconds=0.05, max_reconnect_seconds=0.5)
"""A Triton that is started again is awaited by frames; it ends a connection with many pings."""

CALL_TIMEOUT_SECONDS = 5.0
"""Timeout of every call but inferences: Triton answers them in milliseconds."""

IDENTITY_SECONDS = 1.0
"""For one request for the name of a server that starts; repeated until it answers."""

LOAD_TIMEOUT_SECONDS = 120.0
"""Timeout of loading a model: a large one is copied and optimized."""

REFUSED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
SILENT = (
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
)
MODEL_ERRORS = ("onnxruntime:", "onnx runtime error")
"""How the Python and the C++ backend begin what onnxruntime said of an input."""

TOO_LARGE = "shared memory size specified with the request for output"
"""How Triton begins to say that an output does not fit into the memory it should go to."""

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_LOAD = "/inference.GRPCInferenceService/RepositoryModelLoad"


class TritonClient:
    """A connection to one Triton; `connect` replaces it by a connection to another one."""

    def __init__(self) -> None:
        self.address = ""
        self._channel: grpc.aio.Channel | None = None
        self._calls: Any = None
        self._infer: Any = None
        self._load: Any = None

    async def connect(self, address: str) -> None:
        """Connect to `address`; calls in progress on the old connection fail as unavailable."""
        await self.close()
        self.address = address
        # A request that goes over the wire is as large as its images.
        self._channel = channel(address, CONNECT, max_message_bytes=UNLIMITED, own_connection=True)
        self._calls = stubs.GRPCInferenceServiceStub(self._channel)
        # These take bytes: an inference is serialized once for many times, a model in a thread.
        self._infer = self._channel.unary_unary(
            _INFER, response_deserializer=pb.ModelInferResponse.FromString
        )
        self._load = self._channel.unary_unary(
            _LOAD, response_deserializer=pb.RepositoryModelLoadResponse.FromString
        )

    async def close(self) -> None:
        if self._channel is not None:
            closed, self._channel = self._channel, None
            self._calls = self._infer = self._load = None
            await closed.close()

    async def infer(self, request: bytes, timeout_seconds: float) -> pb.ModelInferResponse:
        """One inference; `request` is a serialized ModelInferRequest.

        Raises:
            OutputTooLarge: an output does not fit into the shared memory it should go to.
            InferenceFailed: the model refused its input.
            TritonUnavailable: it is away, did not answer in time, or is not well.
        """
        if self._infer is None:
            raise _not_connected()
        # One that traces follows it; see installation.py.
        context = TRITON_CONTEXT.get()
        metadata = ((TRACEPARENT, str(context)),) if context else None
        call = self._infer(request, timeout=timeout_seconds, metadata=metadata)
        return await _named(call, "inference")

    async def identity(self) -> str:
        """The name of the server; once it answers, it has loaded its models.

        Raises:
            TritonUnavailable: it does not answer.
        """
        request = pb.ServerMetadataRequest()
        answer = await self._call("ServerMetadata", request, IDENTITY_SECONDS)
        return str(answer.name)

    async def unloaded(self) -> dict[str, str]:
        """The models that are not ready, each with the reason.

        Raises:
            TritonUnavailable: it does not answer.
        """
        index = await self._call(
            "RepositoryIndex", pb.RepositoryIndexRequest(), CALL_TIMEOUT_SECONDS
        )
        return {model.name: model.reason for model in index.models if model.state != "READY"}

    async def statistics(self) -> Sequence[pb.ModelStatistics]:
        """What each model did since Triton was started.

        Raises:
            TritonUnavailable: it does not answer.
        """
        request = pb.ModelStatisticsRequest()
        answer = await self._call("ModelStatistics", request, CALL_TIMEOUT_SECONDS)
        return list(answer.model_stats)

    async def ready(self, model: str) -> bool:
        """Raises:
        TritonUnavailable: it does not answer.
        """
        request = pb.ModelReadyRequest(name=model)
        return bool((await self._call("ModelReady", request, CALL_TIMEOUT_SECONDS)).ready)

    async def load(
        self, model: str, config_json: str, file: str, content: Path, more: Mapping[str, bytes]
    ) -> None:
        """Load a model from a file of this machine.

        Args:
            file: where the model's folder of Triton's repository would have it.
            more: other files of that folder, by their paths in it.

        Raises:
            InferenceFailed: Triton refuses it, or loads nothing on request.
            TritonUnavailable: it does not answer.
        """
        if self._load is None:
            raise _not_connected()
        # Hundreds of megabytes, which are read, copied and serialized.
        request = await asyncio.to_thread(_load_request, model, config_json, file, content, more)
        await _named(self._load(request, timeout=LOAD_TIMEOUT_SECONDS), "RepositoryModelLoad")

    async def register(self, region: str, key: str, size: int) -> None:
        """Register shared memory, in place of what was registered under its name.

        Raises:
            InferenceFailed, TritonUnavailable: Triton cannot open it.
            TritonTimedOut: it does not answer.
        """
        forget = pb.SystemSharedMemoryUnregisterRequest(name=region)
        await self._call("SystemSharedMemoryUnregister", forget, CALL_TIMEOUT_SECONDS)
        request = pb.SystemSharedMemoryRegisterRequest(
            name=region, key=key, offset=0, byte_size=size
        )
        await self._call("SystemSharedMemoryRegister", request, CALL_TIMEOUT_SECONDS)

    async def unregister(self, region: str) -> None:
        """Raises:
        TritonUnavailable: it does not answer, or uses the region just now.
        """
        request = pb.SystemSharedMemoryUnregisterRequest(name=region)
        await self._call("SystemSharedMemoryUnregister", request, CALL_TIMEOUT_SECONDS)

    async def _call(self, method: str, request: Any, timeout_seconds: float) -> Any:
        if self._calls is None:
            raise _not_connected()
        return await _named(getattr(self._calls, method)(request, timeout=timeout_seconds), method)


def _not_connected() -> TritonUnavailable:
    return TritonUnavailable("not connected to a Triton: wait until it is back")


def _load_request(
    model: str, config_json: str, file: str, content: Path, more: Mapping[str, bytes]
) -> bytes:
    request = pb.RepositoryModelLoadRequest(model_name=model)
    request.parameters["config"].string_param = config_json
    request.parameters[f"file:{file}"].bytes_param = content.read_bytes()
    for path, values in more.items():
        request.parameters[f"file:{path}"].bytes_param = values
    return bytes(request.SerializeToString())


async def _named(call: Awaitable[T], what: str) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        code, details = error.code(), error.details() or ""
        if TOO_LARGE in details:
            raise OutputTooLarge(f"Triton refused the {what}: {details}") from error
        if code in REFUSED or any(mark in details for mark in MODEL_ERRORS):
            raise InferenceFailed(f"Triton refused the {what}: {details}") from error
        kind = TritonTimedOut if code in SILENT else TritonUnavailable
        raise kind(f"{what}: {code.name} from Triton: {details}") from error
    except grpc.aio.UsageError as error:
        # The channel was closed between the look-up of the method and its call.
        raise TritonTimedOut(f"{what}: the connection to Triton was closed") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Nobody cancelled us: a channel that is closed cancels the calls under way on it.
        raise TritonTimedOut(f"{what}: the connection to Triton was closed") from error
