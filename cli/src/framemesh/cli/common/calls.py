"""Calls to the services, whose failures have a name."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from framemesh.core.errors import FramemeshError

ANSWER_TIMEOUT_SECONDS = 10.0
"""For a question. A service on this machine needs milliseconds."""

CHANGE_SECONDS = 60.0
"""For a change: the master waits for the brokers, or looks at a model."""

MESSAGE_BYTES = 64 * 1024 * 1024
"""Of the largest answer: a dead letter with its image. Brokers take 8 MB, unless told otherwise."""


class CallFailed(FramemeshError):
    """A service refused a call, or could not be reached."""


def named(error: grpc.RpcError, address: str) -> CallFailed:
    """What the status of a call to `address` means to the person at the terminal."""
    if not isinstance(error, grpc.Call):
        return CallFailed(f"{address}: {error}")
    details = error.details() or ""
    match error.code():
        # gRPC has no status of its own for this.
        case grpc.StatusCode.UNAVAILABLE if "failed to connect" in details.lower():
            return CallFailed(
                f"nothing answers at {address}: is framemesh running? start it with `framemesh up`"
            )
        case grpc.StatusCode.UNAVAILABLE:
            return CallFailed(f"{address} is not available: {details}; try again in a moment")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return CallFailed(f"{address} did not answer in time: is it overloaded? try again")
        case grpc.StatusCode.UNIMPLEMENTED:
            return CallFailed(f"what listens at {address} is another service: check the address")
        case code:
            return CallFailed(details or f"{address} answered {code.name}")


@contextmanager
def named_errors(address: str) -> Iterator[None]:
    """Around calls to host:port.

    Raises:
        CallFailed: one of them failed.
    """
    try:
        yield
    except grpc.RpcError as error:
        raise named(error, address) from error


@contextmanager
def connect(address: str) -> Iterator[grpc.Channel]:
    """A channel to host:port, to which all calls in the body go.

    Raises:
        CallFailed: one of them failed.
    """
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES)]
    with grpc.insecure_channel(address, options) as channel, named_errors(address):
        yield channel
