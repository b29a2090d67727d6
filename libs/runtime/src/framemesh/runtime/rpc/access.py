"""Asks each call of a server for its token."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from framemesh.core.errors import FramemeshError
from framemesh.core.identity.decision import check_method, check_request, is_open
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.identity.caller import set_caller
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.identity.shown_token import token_of
from framemesh.runtime.rpc.errors import Continuation, with_behaviour

Behaviour = Callable[[Any, Any], Awaitable[Any]]


class AccessInterceptor(grpc.aio.ServerInterceptor):
    """Lets a call through whose token is for it, and ends a stream when its token ends.

    The handler finds who calls in `framemesh.runtime.identity.caller`.
    """

    def __init__(self, keeper: Gatekeeper) -> None:
        self._keeper = keeper

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method.removeprefix("/")
        if handler is None or is_open(method):
            return handler
        metadata = handler_call_details.invocation_metadata or ()
        stream = handler.request_streaming or handler.response_streaming

        def wrap(behaviour: Behaviour) -> Behaviour:
            async def answer(request: Any, context: Any) -> Any:
                await self._keeper.ready()
                try:
                    token = token_of(metadata)
                    # Of a call that sends a stream, its handler checks the first message.
                    self._admit(token, method, None if handler.request_streaming else request)
                except FramemeshError as error:
                    self._keeper.tell_refusal(error, method, context.peer())
                    raise
                if not stream:
                    return await behaviour(request, context)
                with self._keeper.in_progress(token, method) as ended:
                    async with background_task(ended.wait()):
                        return await behaviour(request, context)

            return answer

        return with_behaviour(handler, wrap)

    def _admit(self, token: str, method: str, request: Any) -> None:
        """
        Raises:
            Unauthenticated, Forbidden, RevocationsUnknown: the call is not answered.
        """
        who = self._keeper.identify(token).caller
        access = check_method(who, method)
        if request is not None:
            check_request(who, access, request)
        set_caller(who)
