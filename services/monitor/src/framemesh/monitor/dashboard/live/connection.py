"""One browser, from its first message to its end."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack, suppress

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.identity.caller import Caller
from framemesh.core.identity.errors import Unauthenticated
from framemesh.monitor.dashboard.http.access import DashboardAccess
from framemesh.monitor.dashboard.live.feeds import MeshFeed, SamplesFeed
from framemesh.monitor.dashboard.live.outbox import Outbox, Source
from framemesh.monitor.dashboard.live.sources import LiveSources
from framemesh.monitor.dashboard.messages.live import ErrorMessage, LiveRequest
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.monitor.dashboard.pictures.wall import View
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.identity.gatekeeper import CHECK_SECONDS

WRONG_TOKEN = 4401
"""Close codes from 4000 on are for applications; it stands for 401."""

TRY_LATER = 1013
"""The close code of WebSockets for that."""

FIRST_MESSAGE_SECONDS = 10.0
"""Who says nothing for so long does not look."""


CLOSED = (WebSocketDisconnect, RuntimeError)
"""What sending raises; the second where the connection is closed on this side."""


async def end(socket: WebSocket, code: int, why: str) -> None:
    """Close a connection, and say why before."""
    with suppress(*CLOSED):
        await socket.send_text(ErrorMessage(error=why).model_dump_json())
        # A close frame has room for 123 bytes.
        await socket.close(code, why[:120])


class Connection:
    """Reads what the page wants to see, and sends it as fast as the browser takes it."""

    def __init__(self, socket: WebSocket, sources: LiveSources, access: DashboardAccess) -> None:
        self._socket = socket
        self._sources = sources
        self._access = access
        self._token: str | None = None
        self._who: Caller | None = None
        """By the last message; None: there was none."""
        self._outbox = Outbox()
        self._watching = ExitStack()
        """What the last message of the page asked for."""

    async def run(self) -> None:
        """Until the browser is gone."""
        listeners = self._sources.watch.listeners
        with self._sources.wall.view(self._outbox.put_picture) as view:
            listeners.add(self._outbox.changed)
            try:
                await self._serve(view)
            finally:
                listeners.discard(self._outbox.changed)
                self._watching.close()

    async def _serve(self, view: View) -> None:
        async with TaskGroup() as tasks:
            sending = tasks.create_task(self._send())
            receiving = tasks.create_task(self._receive(view))
            watching = tasks.create_task(self._watch_token())
            sending.add_done_callback(lambda _: receiving.cancel())
            watching.add_done_callback(lambda _: receiving.cancel())
            receiving.add_done_callback(lambda _: (sending.cancel(), watching.cancel()))

    async def _send(self) -> None:
        try:
            while True:
                message = await self._outbox.next()
                if isinstance(message, bytes):
                    await self._socket.send_bytes(message)
                else:
                    await self._socket.send_text(message)
        except CLOSED:
            return

    async def _receive(self, view: View) -> None:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_SECONDS) as first:
                while True:
                    text = await self._socket.receive_text()
                    first.reschedule(None)
                    self._take(text, view)
        except FramemeshError as error:
            await self._refuse(error)
        except (*CLOSED, KeyError, TimeoutError):
            # A message that is no text has no such key.
            return

    async def _watch_token(self) -> None:
        """End the connection when its token no longer counts."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._who is not None:
                try:
                    self._access.identify(self._token)
                except Unauthenticated as error:
                    await self._refuse(error)
                    return

    async def _refuse(self, error: FramemeshError) -> None:
        self._access.refused(error, "live", self._socket.client.host if self._socket.client else "")
        code = WRONG_TOKEN if error.code is Code.UNAUTHENTICATED else TRY_LATER
        await end(self._socket, code, str(error))

    def _take(self, text: str, view: View) -> None:
        """
        Raises:
            WrongToken, Unauthenticated, RevocationsUnknown: the connection ends.
        """
        try:
            request = LiveRequest.model_validate_json(text)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, fault["loc"]))
            self._outbox.fail(f"the message is not understood: {place or 'it'}: {fault['msg']}")
            return
        self._token, self._who = request.token, self._access.identify(request.token)
        self._watching.close()
        self._outbox.set_sources(self._feeds(request, self._who))
        wall = request.wall
        cameras = [CameraKey(each.pipeline, each.camera) for each in wall.cameras] if wall else []
        self._look(view, self._visible(cameras, self._who), wall.width if wall else 0)

    def _visible(self, cameras: list[CameraKey], who: Caller) -> list[CameraKey]:
        found = [each for each in cameras if who.sees(each.pipeline, each.camera)]
        if len(found) < len(cameras):
            self._outbox.fail("the token is not for all of these cameras")
        return found

    def _feeds(self, request: LiveRequest, who: Caller) -> Iterable[Source]:
        if request.mesh or request.history:
            self._watching.enter_context(self._sources.watch.viewer())
        if request.mesh:
            yield MeshFeed(self._sources.watch, who)
        pipeline = request.history
        if pipeline and not who.sees_whole(pipeline):
            self._outbox.fail("the token is not for all cameras of this pipeline")
        elif pipeline:
            self._watching.enter_context(self._sources.decisions.viewer(pipeline))
            yield SamplesFeed(self._sources.history, self._sources.decisions, pipeline)

    def _look(self, view: View, cameras: list[CameraKey], width: int) -> None:
        try:
            self._sources.wall.change(view, cameras, width)
        except FramemeshError as error:
            self._outbox.fail(str(error))
        self._outbox.keep_only(view.cameras)
