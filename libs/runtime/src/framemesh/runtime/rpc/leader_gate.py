"""Lets calls through while this process leads."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.rpc.errors import Continuation, with_behaviour


class NotLeading(FramemeshError):
    """Another process answers this call."""

    code = Code.UNAVAILABLE


class LeaderGate(grpc.aio.ServerInterceptor):
    """Refuses calls of some services until it is open, and names who would take them."""

    def __init__(self, services: Collection[str]) -> None:
        """`services`: full names. Calls of others, as health checks, pass."""
        self._services = frozenset(services)
        self._open = False
        self.leader = ""
        """Who leads, as seen last; empty: nobody knows."""
        self.closing = asyncio.Event()
        """Set when calls without an end have to end."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Let calls through in the body."""
        self._open = True
        self.closing.clear()
        try:
            yield
        finally:
            self._open = False
            self.closing.set()

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler = await continuation(handler_call_details)
        service = handler_call_details.method.split("/")[1]
        if handler is None or self._open or service not in self._services:
            return handler
        return with_behaviour(handler, lambda _: self._refuse)

    async def _refuse(self, request: Any, context: Any) -> None:
        elsewhere = f"{self.leader} does" if self.leader else "nobody does at the moment"
        raise NotLeading(f"this one does not lead, {elsewhere}: call again")
