"""Calls to the services, and the errors that they become."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import grpc.aio

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.common.connecting import connect_options
from framemesh.core.errors import FramemeshError
from framemesh.runtime.rpc.channel import sync_channel, sync_leader_channel
from framemesh.runtime.rpc.health import check_service
from framemesh.tls.handshake import may_be_tls, tls_fault

ANSWER_TIMEOUT_SECONDS = 10.0
"""For a call that only reads. A service on this machine needs milliseconds."""

CHANGE_SECONDS = 60.0
"""For a call that changes something: the master waits for brokers, or validates a model."""

LEADER_SECONDS = 6.0
"""Until a master leads: after a kill the next one does within 4 s."""

LEADER_POLL_SECONDS = 0.2

MESSAGE_BYTES = 64 * 1024 * 1024
"""The largest answer: a dead letter with its image, 8 MB unless the brokers take more."""


# The same call may succeed a moment later: a restart, a drain, a network that was cut.
_TEMPORARY = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }
)


MASTER = pipeline_pb2.DESCRIPTOR.services_by_name["PipelineService"].full_name
"""The service by whose health the master that leads is told from the others."""


class CallFailed(FramemeshError):
    """A service refused a call, or could not be reached."""

    def __init__(self, line: str, *, temporary: bool = False) -> None:
        """`temporary`: the same call may succeed a moment later."""
        super().__init__(line)
        self.temporary = temporary


def named(error: grpc.RpcError, address: str) -> CallFailed:
    """The error of a call to `address`, worded for the user."""
    if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return CallFailed(f"{address}: {error}")
    line = _tls_fault(error, address) or _line(error.code(), error.details() or "", address)
    return CallFailed(line, temporary=error.code() in _TEMPORARY)


def _tls_fault(error: grpc.Call | grpc.aio.AioRpcError, address: str) -> str:
    """What is wrong with certificates; empty: something else is. A server that listens answers
    within milliseconds."""
    if error.code() is not grpc.StatusCode.UNAVAILABLE or not may_be_tls(error.details() or ""):
        return ""
    return tls_fault(address, connect_options().tls)


def _line(code: grpc.StatusCode, details: str, address: str) -> str:
    match code:
        # gRPC has no status of its own for this.
        case grpc.StatusCode.UNAVAILABLE if "failed to connect" in details.lower():
            return (
                f"nothing answers at {address}: is framemesh running? start it with `framemesh up`"
            )
        case grpc.StatusCode.UNAVAILABLE if "backend unhealthy" in details.lower():
            return f"no master leads at {address} at the moment: try again, or check the address"
        case grpc.StatusCode.UNAVAILABLE:
            return f"{address} is not available: {details}; try again in a moment"
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"{address} did not answer in time: is it overloaded? try again"
        case grpc.StatusCode.UNIMPLEMENTED:
            return f"what listens at {address} is another service: check the address"
        case _:
            return details or f"{address} answered {code.name}"


def is_temporary(error: grpc.RpcError) -> bool:
    """Whether the same call may succeed a moment later."""
    return isinstance(error, grpc.Call | grpc.aio.AioRpcError) and error.code() in _TEMPORARY


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


def open_channel(address: str) -> grpc.Channel:
    """A channel to host:port; it is closed at the end of a `with`."""
    return sync_channel(address, connect_options(), max_message_bytes=MESSAGE_BYTES)


@contextmanager
def connect(address: str) -> Iterator[grpc.Channel]:
    """A channel to host:port, to which all calls in the body go.

    Raises:
        CallFailed: one of them failed.
    """
    with open_channel(address) as channel, named_errors(address):
        yield channel


@contextmanager
def connect_master(addresses: str) -> Iterator[grpc.Channel]:
    """A channel to the master that leads, of those at host:port, or at several with commas.

    Raises:
        CallFailed: a call in the body failed.
    """
    options = connect_options()
    channel = sync_leader_channel(addresses, MASTER, options, max_message_bytes=MESSAGE_BYTES)
    with channel, named_errors(addresses):
        _await_leader(channel, addresses)
        yield channel


def nobody_leads(error: grpc.RpcError) -> bool:
    """Whether a call failed because none of the masters leads or is there; it reached none."""
    return (
        isinstance(error, grpc.Call | grpc.aio.AioRpcError)
        and error.code() is grpc.StatusCode.UNAVAILABLE
        and "all backends failing" in (error.details() or "")
    )


def _refused(error: grpc.RpcError) -> bool:
    """Whether nothing listens at the address that was tried last."""
    return isinstance(error, grpc.Call) and "failed to connect" in (error.details() or "").lower()


def _await_leader(channel: grpc.Channel, addresses: str) -> None:
    """Wait while no master leads, LEADER_SECONDS at most; what else is wrong a call will tell.

    Where there is but one address and nothing listens there, nobody will; nor where certificates
    are not accepted.
    """
    several = "," in addresses
    end = time.monotonic() + LEADER_SECONDS
    while time.monotonic() < end:
        try:
            check_service(channel, MASTER, ANSWER_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            if not nobody_leads(error) or (_refused(error) and not several):
                return
            if isinstance(error, grpc.Call) and _tls_fault(error, addresses):
                return
        else:
            return
        time.sleep(LEADER_POLL_SECONDS)
