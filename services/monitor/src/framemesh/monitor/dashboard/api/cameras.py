"""The cameras of all pipelines, with their ledgers."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.names import check_name
from framemesh.monitor.dashboard.api.parameters import (
    InvalidParameter,
    limit_of,
    name_of,
)
from framemesh.monitor.dashboard.http.refusals import answer
from framemesh.monitor.dashboard.mesh.camera_activity import CameraActivity
from framemesh.monitor.dashboard.mesh.pipeline_converters import counts, is_balanced
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.mesh.watch import MeshWatch
from framemesh.monitor.dashboard.messages.cameras import Camera, CameraPage
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.runtime.identity.caller import caller


class CameraEndpoints:
    def __init__(self, watch: MeshWatch, activity: CameraActivity) -> None:
        self._watch = watch
        self._activity = activity

    async def cameras(self, request: Request) -> Response:
        """By pipeline and name; those with `search` in their name, after the last of a page."""
        pipeline, limit = name_of(request, "pipeline"), limit_of(request)
        search = request.query_params.get("search", "").lower()
        after = _after(request.query_params.get("after", ""))
        found: list[Camera] = []
        for key, account in _accounts(self._watch.state, pipeline):
            if key <= after or search not in key.camera.lower():
                continue
            if len(found) == limit:
                last = found[-1]
                return answer(CameraPage(cameras=found, next=f"{last.pipeline}/{last.camera}"))
            found.append(self._camera(key, account))
        return answer(CameraPage(cameras=found, next=None))

    def _camera(self, key: CameraKey, account: Account) -> Camera:
        activity = self._activity.of(key)
        return Camera(
            **counts(account),
            reasons=account.reasons,
            pipeline=key.pipeline,
            camera=key.camera,
            last_seen_ms=activity.last_seen_ms,
            per_second=activity.per_second,
            balanced=is_balanced(account),
        )


def _accounts(state: MeshState, pipeline: str) -> Iterator[tuple[CameraKey, Account]]:
    who = caller()
    for name in sorted(state.statuses):
        ledger = state.statuses[name].ledger
        if ledger is not None and pipeline in {"", name}:
            for camera, account in ledger.accounts.items():
                if who.sees(name, camera):
                    yield CameraKey(name, camera), account


def _after(text: str) -> CameraKey:
    """
    Raises:
        InvalidName, InvalidParameter: it is from no answer.
    """
    if not text:
        return CameraKey("", "")
    pipeline, slash, camera = text.partition("/")
    if not slash:
        raise InvalidParameter(f"after: {text[:80]!r} is from no answer: send `next` as it came")
    return CameraKey(check_name("pipeline", pipeline), check_name("camera", camera))
