"""A message of an MQTT broker for each result, with QoS 1."""

import asyncio
import json
import ssl
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote, urlsplit

import aiomqtt

from framemesh.core.clock import Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.messages.outcome_json import outcome_to_json
from framemesh.sink.errors import TargetTrouble
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.deliveries import Deliveries, Unit, units
from framemesh.sink.writers.writer import AT_ONCE

TOPIC = "framemesh/{pipeline}/{camera}"
IN_FLIGHT = 20
"""As MQTT clients and brokers have by default."""

PORTS = {"mqtt": 1883, "mqtts": 8883}
ANSWER_SECONDS = 10.0
END_SECONDS = 2.0
"""For a goodbye to the broker."""


class MqttWriter:
    """Publishes each result. It has arrived when the broker says so (PUBACK)."""

    policy = AT_ONCE
    missing = 0
    refused = 0

    def __init__(self, spec: SinkSpec, clock: Clock) -> None:
        self._spec = spec
        self._topic = spec.options.topic or TOPIC
        self._shown = url_without_credentials(spec.target)
        self._client: aiomqtt.Client | None = None
        self._deliveries = Deliveries(spec.options.in_flight or IN_FLIGHT, spec.name)
        self._results: list[Result] = []

    async def open(self) -> None:
        if self._client is not None:
            return
        client = self._new_client()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await client.__aenter__()
        except (aiomqtt.MqttError, OSError, TimeoutError) as error:
            raise TargetTrouble(
                f"{self._shown} cannot be connected to: {_reason(error)}"
            ) from error
        self._client = client

    async def write(self, results: Sequence[Result]) -> None:
        self._results += results

    async def flush(self) -> None:
        await self._deliveries.send_all(units(self._results, 1, 0), self._publish)
        self._results.clear()

    async def abandon(self) -> None:
        self._results.clear()
        await self._disconnect()

    async def rest(self) -> None:
        """The client keeps the connection alive by itself."""

    async def close(self) -> None:
        await self._disconnect()

    def _new_client(self) -> aiomqtt.Client:
        url = urlsplit(self._spec.target)
        return aiomqtt.Client(
            url.hostname or "",
            url.port or PORTS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            tls_context=ssl.create_default_context() if url.scheme == "mqtts" else None,
            timeout=ANSWER_SECONDS,
            max_inflight_messages=self._spec.options.in_flight or IN_FLIGHT,
        )

    async def _publish(self, unit: Unit) -> None:
        (result,) = unit
        if self._client is None:
            raise TargetTrouble(f"{self._shown} is not connected")
        document = json.dumps(outcome_to_json(result.outcome), separators=(",", ":"))
        try:
            await self._client.publish(self._topic_of(result), document.encode(), qos=1)
        except (aiomqtt.MqttError, ValueError) as error:
            raise TargetTrouble(f"{self._shown} takes nothing: {_reason(error)}") from error

    def _topic_of(self, result: Result) -> str:
        return self._topic.format(
            pipeline=self._spec.pipeline, camera=result.outcome.frame.camera, sink=self._spec.name
        )

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await client.__aexit__(None, None, None)


def _reason(error: Exception) -> str:
    return (str(error) or "no answer").splitlines()[0].lower()
