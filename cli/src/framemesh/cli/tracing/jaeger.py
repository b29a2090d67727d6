"""Jaeger's query API, which its own page uses: /api/traces/ID."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from framemesh.core.errors import Code, FramemeshError

ANSWER_SECONDS = 10.0


class JaegerUnreachable(FramemeshError):
    """Nothing that is Jaeger answers at the address."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """One span as Jaeger keeps it."""

    id: str
    parent: str
    """Empty: it is the first, or belongs to a span of another trace."""
    name: str
    service: str
    start_micros: int
    """Since the Unix epoch."""
    duration_micros: int
    attributes: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]
    """Trace and span of each that has to do with it."""

    @property
    def end_micros(self) -> int:
        return self.start_micros + self.duration_micros

    @property
    def error(self) -> str:
        """What went wrong; empty: nothing."""
        if not self.attributes.get("error"):
            return ""
        return str(self.attributes.get("otel.status_description") or "failed")


class Jaeger:
    """Asks one Jaeger."""

    def __init__(self, address: str) -> None:
        """`address`: of its page, as http://127.0.0.1:16686."""
        self._address = address.rstrip("/")

    def trace(self, trace_id: str) -> tuple[TraceSpan, ...]:
        """The spans of a trace, by their start; none: it is not kept.

        Raises:
            JaegerUnreachable: no Jaeger answers.
        """
        url = f"{self._address}/api/traces/{trace_id}"
        try:
            with urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  the user's own address
                found = json.load(answer)
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return ()
            raise JaegerUnreachable(self._line(f"HTTP status {error.code}")) from error
        except (OSError, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise JaegerUnreachable(self._line(str(reason))) from error
        spans = [span for trace in found["data"] or () for span in _spans(trace)]
        # A span that was sent again is kept twice.
        unique = {span.id: span for span in spans}.values()
        return tuple(sorted(unique, key=lambda span: (span.start_micros, -span.duration_micros)))

    def _line(self, reason: str) -> str:
        return (
            f"no Jaeger answers at {self._address}: {reason}: start it, or set FRAMEMESH_JAEGER"
            " to the address of its page"
        )


def _spans(trace: Mapping[str, Any]) -> Iterator[TraceSpan]:
    services = {key: each["serviceName"] for key, each in trace["processes"].items()}
    for span in trace["spans"]:
        parents = [
            each["spanID"]
            for each in span["references"]
            if each["refType"] == "CHILD_OF" and each["traceID"] == span["traceID"]
        ]
        yield TraceSpan(
            id=span["spanID"],
            parent=parents[0] if parents else "",
            name=span["operationName"],
            service=services[span["processID"]],
            start_micros=span["startTime"],
            duration_micros=span["duration"],
            attributes={tag["key"]: tag["value"] for tag in span["tags"]},
            links=tuple(
                (each["traceID"], each["spanID"])
                for each in span["references"]
                if each["spanID"] not in parents
            ),
        )
