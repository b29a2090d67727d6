"""HTTP requests with results, signed where there is a secret."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence

import httpx

from framemesh.core.clock import NANO, Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.messages.outcome_json import outcome_to_json
from framemesh.sink.errors import ResultsRefused, TargetTrouble
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.deliveries import Deliveries, Unit, units
from framemesh.sink.writers.retry_after import retry_after_seconds
from framemesh.sink.writers.writer import FlushPolicy

BATCH = 100
BATCH_BYTES = 1024 * 1024
"""Of the results of a request as they are in the ledger; as JSON they are some times larger."""

IN_FLIGHT = 4
ANSWER_SECONDS = 10.0

TIMESTAMP = "Framemesh-Timestamp"
"""Unix seconds. A receiver refuses what is much older than its own clock: it may be a replay."""

SIGNATURE = "Framemesh-Signature"
DELIVERY = "Framemesh-Delivery"
"""The same for a request that is sent again: a receiver that keeps it can leave repeats out."""


REFUSED = frozenset({400, 413, 415, 422})
"""What is in the request is the reason, so that another one may be taken. Any other status is of
the server or of the definition of the sink, and holds for all requests until somebody mends it."""

_WHO = ": does it know the secret, or the password in the URL?"
_WHERE = ": does it have this path?"
HINTS = {401: _WHO, 403: _WHO, 404: _WHERE, 405: _WHERE, 410: _WHERE}


class WebhookWriter:
    """Posts batches. One has arrived when it is answered with a status of 200 to 299."""

    missing = 0

    def __init__(self, spec: SinkSpec, clock: Clock) -> None:
        options = spec.options
        self._batch = options.batch or BATCH
        in_flight = options.in_flight or IN_FLIGHT
        self.policy = FlushPolicy(self._batch * in_flight, BATCH_BYTES * in_flight, seconds=0)
        self._spec = spec
        self._clock = clock
        self._shown = url_without_credentials(spec.target)
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False)
        self._deliveries = Deliveries(in_flight, spec.name)
        self._results: list[Result] = []

    @property
    def refused(self) -> int:
        return self._deliveries.refused

    async def open(self) -> None:
        """Connections are made when they are needed."""

    async def write(self, results: Sequence[Result]) -> None:
        self._results += results

    async def flush(self) -> None:
        await self._deliveries.send_all(units(self._results, self._batch, BATCH_BYTES), self._post)
        self._results.clear()

    async def abandon(self) -> None:
        self._results.clear()

    async def rest(self) -> None:
        """Nothing is kept while nothing comes."""

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, unit: Unit) -> None:
        body = await asyncio.to_thread(_body, self._spec, unit)
        now = self._clock.unix_nano() // NANO
        try:
            # Of the whole answer: a server that sends a byte now and then would hold it for ever.
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.post(
                    self._spec.target, content=body, headers=self._headers(body, now)
                )
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TargetTrouble(
                f"{self._shown} did not answer within {ANSWER_SECONDS:g} s"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TargetTrouble(f"{self._shown} cannot be called: {_reason(error)}") from error
        if not answer.is_success:
            raise self._trouble(answer, now)

    def _trouble(self, answer: httpx.Response, now: int) -> TargetTrouble:
        status = answer.status_code
        why = f"{self._shown} answered {status}{HINTS.get(status, '')}"
        wait = retry_after_seconds(answer.headers.get("Retry-After"), now)
        return ResultsRefused(why, wait) if status in REFUSED else TargetTrouble(why, wait)

    def _headers(self, body: bytes, now: int) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "framemesh-sink",
            DELIVERY: hashlib.sha256(body).hexdigest(),
            TIMESTAMP: str(now),
        }
        if secret := self._spec.options.secret:
            headers[SIGNATURE] = signature(secret, now, body)
        return headers


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 of `<timestamp>.<body>`, as a receiver computes it to compare."""
    signed = f"{timestamp}.".encode() + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _body(spec: SinkSpec, unit: Unit) -> bytes:
    document = {
        "sink": spec.name,
        "pipeline": spec.pipeline,
        "results": [outcome_to_json(result.outcome) for result in unit],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].lower()
