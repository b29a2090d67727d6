"""The ASGI application of the dashboard: which address is answered by what."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from framemesh.core.errors import FramemeshError
from framemesh.monitor.dashboard.api.cameras import CameraEndpoints
from framemesh.monitor.dashboard.api.dead_letters import DeadLetterEndpoints
from framemesh.monitor.dashboard.api.frames import FrameEndpoints
from framemesh.monitor.dashboard.api.pictures import PictureEndpoints
from framemesh.monitor.dashboard.api.pipelines import PipelineEndpoints
from framemesh.monitor.dashboard.http.access import AccessCheck, DashboardAccess
from framemesh.monitor.dashboard.http.page import Page
from framemesh.monitor.dashboard.http.refusals import (
    answer,
    on_fault,
    on_framemesh_error,
    on_http_error,
)
from framemesh.monitor.dashboard.http.security_headers import SecurityHeaders
from framemesh.monitor.dashboard.http.visitors import VisitorCheck
from framemesh.monitor.dashboard.live.endpoint import LiveEndpoint
from framemesh.monitor.dashboard.messages.base import Session
from framemesh.runtime.identity.caller import caller

FRAME = "/pipelines/{pipeline}/frames/{camera}/{session}/{sequence}"
DEAD_LETTER = "/pipelines/{pipeline}/dead-letters/{camera}/{session}/{sequence}"


def application(
    *,
    access: DashboardAccess,
    hosts: Iterable[str],
    page: Page,
    live: LiveEndpoint,
    pipelines: PipelineEndpoints,
    cameras: CameraEndpoints,
    pictures: PictureEndpoints,
    frames: FrameEndpoints,
    letters: DeadLetterEndpoints,
) -> ASGIApp:
    async def session(request: Request) -> Response:
        return answer(Session(version=_version(), writable=caller().may_change))

    routes: list[BaseRoute] = [
        Route("/session", session),
        WebSocketRoute("/live", live.serve),
        Route("/pipelines/{pipeline}", pipelines.details),
        Route("/pipelines/{pipeline}/samples", pipelines.samples),
        Route("/cameras", cameras.cameras),
        Route("/wall/{pipeline}/{camera}", pictures.of_camera),
        Route("/pipelines/{pipeline}/frames", frames.page),
        Route(FRAME, frames.details),
        Route(f"{FRAME}/picture", pictures.of_frame),
        Route("/pipelines/{pipeline}/dead-letters", letters.page),
        Route(DEAD_LETTER, letters.purge, methods=["DELETE"]),
        Route(f"{DEAD_LETTER}/replay", letters.replay, methods=["POST"]),
    ]
    return Starlette(
        routes=[Mount("/api/v1", routes=routes), *page.routes],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(VisitorCheck, hosts=hosts),
            Middleware(AccessCheck, access=access),
        ],
        exception_handlers={
            FramemeshError: on_framemesh_error,
            HTTPException: on_http_error,
            Exception: on_fault,
        },
    )


def _version() -> str:
    for name in ("framemesh", "framemesh-monitor"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"
