"""The collector of traces, and the Jaeger that shows them, where they were named."""

import http.client
import json
import os
from collections.abc import Iterator, Sequence
from urllib.request import urlopen

from framemesh.cli.doctor.finding import Finding, good, note, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.tracing.jaeger_page import has_page

SECONDS = 12.0
"""The exporter tries for 5 s."""

ANSWER_SECONDS = 3.0


async def examine(_: Surroundings) -> Sequence[Finding]:
    otlp = os.environ.get("FRAMEMESH_OTLP") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    jaeger = os.environ.get("FRAMEMESH_JAEGER", "")
    if not otlp and not jaeger:
        return [note("no collector was named (FRAMEMESH_OTLP): no frame is traced")]
    return await in_thread(lambda: [*_of_collector(otlp), *_of_jaeger(jaeger)])


def _of_collector(endpoint: str) -> Iterator[Finding]:
    if not endpoint:
        return
    # It takes 0.2 s, and most have none.
    from framemesh.runtime.tracing.otlp_exporter import OtlpExporter  # noqa: PLC0415

    shown = url_without_credentials(endpoint)
    exporter = OtlpExporter(endpoint, "doctor")
    try:
        # No span: the collector keeps nothing of it.
        why = exporter.export([])
    finally:
        exporter.close()
    if why:
        yield problem(
            f"the collector at {shown} takes no traces: {why}",
            "start it, or correct FRAMEMESH_OTLP; frames go on without it",
        )
    else:
        yield good(f"the collector at {shown} takes traces")


def _of_jaeger(address: str) -> Iterator[Finding]:
    if not address:
        return
    shown = url_without_credentials(address)
    try:
        with urlopen(f"{address.rstrip('/')}/api/services", timeout=ANSWER_SECONDS) as answer:  # noqa: S310  the user's own address
            json.load(answer)["data"]
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException) as error:
        yield problem(
            f"no Jaeger answers at {shown}: {error}",
            "start it, or correct FRAMEMESH_JAEGER: the URL of its page",
        )
        return
    if has_page(address):
        yield good(f"the Jaeger at {shown} answers")
    else:
        yield note(
            f"the Jaeger at {shown} answers, and has no page: `framemesh trace` shows traces"
        )
