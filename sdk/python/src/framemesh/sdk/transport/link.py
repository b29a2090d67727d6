"""The thread behind a camera: it keeps a stream to ingest open while there is something to do."""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator

import grpc

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.reconnection import ReconnectPolicy
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.transport import converters
from framemesh.sdk.transport.channel import CHANNEL_OPTIONS, LINGER_SECONDS
from framemesh.sdk.transport.target import Target

LOOK_UP_SECONDS = 0.2
"""A Ctrl-C that comes just before a wait begins is seen by Python only when the wait ends."""


class Link:
    """Sends what a session offers and tells it what ingest answers.

    `changed` guards the session: whoever looks at it holds it, and whoever changed it notifies.
    """

    def __init__(
        self,
        target: Target,
        session: CameraSession,
        connect_timeout: float,
        clock: Callable[[], int],
    ) -> None:
        self.changed = threading.Condition()
        self.failure: Exception | None = None
        """Why there will be no further stream."""
        self._target = target
        self._session = session
        self._connect_timeout = connect_timeout
        self._clock = clock
        self._stopped = False
        self._stream = 0
        self._call: grpc.Call | None = None
        # A daemon, so that a program that forgets to close its camera can end.
        self._thread = threading.Thread(
            target=self._run, name=f"framemesh-{target.camera}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def wait(self, condition: Callable[[], bool], seconds: float | None) -> None:
        """Wait, holding `changed`, for the condition or for a failure, at most `seconds`."""
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        while self.failure is None and not condition():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            self.changed.wait(min(remaining, LOOK_UP_SECONDS))

    def stop(self) -> None:
        """End the thread. What is unacknowledged stays so."""
        try:
            if self._session.is_open and not self._session.unacknowledged:
                self._thread.join(LINGER_SECONDS)
        finally:
            with self.changed:
                self._stopped = True
                if self._call is not None:
                    self._call.cancel()
                self.changed.notify_all()
            self._thread.join(LINGER_SECONDS)

    def _run(self) -> None:
        patience = ReconnectPolicy(
            self._target,
            self._connect_timeout,
            time.monotonic(),
            random.Random(),  # noqa: S311  spreads reconnects, no secret
        )
        try:
            with grpc.insecure_channel(self._target.address, CHANNEL_OPTIONS) as channel:
                stub = ingest_pb2_grpc.IngestServiceStub(channel)
                while not self._done():
                    self._push(stub, patience)
        except Exception as error:  # noqa: BLE001  whatever ends the thread, a waiting send raises
            with self.changed:
                self.failure = error
                self.changed.notify_all()

    def _done(self) -> bool:
        return self._stopped or (self._session.closing and not self._session.unacknowledged)

    def _push(self, stub: ingest_pb2_grpc.IngestServiceStub, patience: ReconnectPolicy) -> None:
        """One stream, from its opening to its end, and the pause after it."""
        with self.changed:
            if self._done():
                return
            call = self._call = stub.Push(self._requests(self._stream))
        opening = threading.Timer(patience.opening_seconds(time.monotonic()), call.cancel)
        opening.daemon = True
        opening.start()
        try:
            for response in call:
                opening.cancel()
                self._heard(response, patience)
        except grpc.RpcError:
            pass  # its status is read below, as that of a stream which ended well
        finally:
            opening.cancel()
            self._ended()
        with self.changed:
            if not self._done():
                pause = patience.pause(call.code(), call.details() or "", time.monotonic())
                self.changed.wait_for(self._done, pause)

    def _heard(self, response: ingest_pb2.PushResponse, patience: ReconnectPolicy) -> None:
        with self.changed:
            converters.apply(response, self._session)
            if response.HasField("opened"):
                patience.opened()
            else:
                patience.progressed()
            self.changed.notify_all()

    def _ended(self) -> None:
        with self.changed:
            self._call = None
            self._stream += 1
            self._session.broken()
            self.changed.notify_all()

    def _requests(self, stream: int) -> Iterator[ingest_pb2.PushRequest]:
        """Runs in a thread of gRPC, which half-closes the stream when this ends."""
        yield converters.open_request(self._target, self._session.id)
        if self._opened(stream):
            yield converters.clock_request(self._clock())
        while (frame := self._next(stream)) is not None:
            yield converters.frame_request(frame)

    def _opened(self, stream: int) -> bool:
        """Wait until the stream is open; False where it ends before."""
        with self.changed:
            while stream == self._stream and not self._stopped:
                if self._session.is_open:
                    return True
                self.changed.wait()
        return False

    def _next(self, stream: int) -> OfferedFrame | None:
        with self.changed:
            while stream == self._stream and not self._stopped:
                if (frame := self._session.next_to_send()) is not None:
                    return frame
                if self._session.closing and self._session.all_sent:
                    return None
                self.changed.wait()
        return None
