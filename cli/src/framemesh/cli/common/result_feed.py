"""The results of a pipeline, whatever happens to the monitor meanwhile."""

import random
import time
from collections.abc import Callable, Iterator

import grpc

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common.calls import named, open_channel
from framemesh.runtime.concurrency.backoff import Backoff

BACKOFF = Backoff(first_seconds=0.1, max_seconds=2.0)
"""A monitor that is started again by its supervisor answers within a second or two."""


class ResultFeed:
    """Outcomes in the order in which they were stored, none missing and none twice.

    Each response carries a token; the next stream begins after the last one.
    """

    def __init__(
        self,
        address: str,
        request: monitor_pb2.WatchResultsRequest,
        report: Callable[[str], None],
    ) -> None:
        """`report` is called with a line when the stream breaks, and when it is there again."""
        self._address = address
        self._request = request
        self._report = report
        self._failures = 0
        """Streams in a row that were broken or refused."""

    def __iter__(self) -> Iterator[outcome_pb2.Outcome]:
        """Blocks while there is no result; does not end by itself.

        Raises:
            CallFailed: the first stream could not be opened, or the next would fail again.
        """
        while True:
            try:
                yield from self._stream()
                why = "the stream ended"
            except grpc.RpcError as error:
                failure = named(error, self._address)
                if not (self._request.resume_token and failure.temporary):
                    raise failure from error
                why = error.details() if isinstance(error, grpc.Call) else str(error)
            self._pause(why or "no reason was given")

    def _stream(self) -> Iterator[outcome_pb2.Outcome]:
        with open_channel(self._address) as channel:
            call = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(self._request)
            self._opened(dict(call.initial_metadata()))
            for response in call:
                self._request.resume_token = response.resume_token
                yield response.outcome

    def _opened(self, metadata: dict[str, str | bytes]) -> None:
        if token := metadata.get("resume-token"):
            self._request.resume_token = str(token)
            if self._failures:
                self._report(f"the monitor at {self._address} is there again")
            self._failures = 0

    def _pause(self, why: str) -> None:
        self._failures += 1
        if self._failures == 1:
            self._report(f"the monitor at {self._address} is gone ({why}): connecting again")
        spread = random.uniform(0.5, 1.0)  # noqa: S311  of many watchers, not all at once
        time.sleep(spread * BACKOFF.pause(self._failures))
