"""One camera of the file: its source, its session, and starting both again."""

import asyncio
import time
from collections.abc import Callable

from framemesh.cli.cameras.document import CameraEntry
from framemesh.cli.cameras.entry_source import entry_source
from framemesh.cli.cameras.state import CameraState
from framemesh.cli.push.camera_options import camera_options
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.report import PushReport
from framemesh.cli.push.sender import push, total
from framemesh.core.errors import FramemeshError, leaves
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.sdk import AsyncCamera, Counts, FramemeshSdkError
from framemesh.sources.messages import Alive
from framemesh.sources.supervision.source import WatchedSource, WatchOptions
from framemesh.sources.supervision.state import NOTHING, Phase, SourceState, added

BACKOFF = Backoff(first_seconds=1.0, max_seconds=30.0)
"""After ingest refused the camera, or its password was not there: somebody has to act."""

STEADY_SECONDS = 60.0
"""A run that was so long failed for another reason than the one before it."""

_NO_COUNTS = Counts(offered=0, accepted=0, rejected=0, dropped=0, pending=0)
_EXPECTED = (FramemeshError, FramemeshSdkError)


class CameraRunner:
    """Runs until it is cancelled, or its source has come to its end. What fails is told and tried
    again, and never raised: a bad camera stays its own trouble."""

    def __init__(self, entry: CameraEntry, ingest: str, say: Callable[[str], None]) -> None:
        self.entry = entry
        self._ingest = ingest
        self._say = say
        self._said = ""
        self._source: WatchedSource | None = None
        self._camera: AsyncCamera | None = None
        self._phase = Phase.OPENING
        self._reason = ""
        self._restarts = 0
        self._counts_before = _NO_COUNTS
        self._alive_before = NOTHING

    async def run(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._once()
                self._phase = Phase.ENDED
                return
            except (*_EXPECTED, ExceptionGroup) as error:
                reason = _words(error)
            except OSError as error:
                reason = str(error)
            finally:
                self._keep_counts()
            failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            self._failed(reason)
            await asyncio.sleep(BACKOFF.pause(failures))

    def state(self) -> CameraState:
        """At this moment."""
        entry, source = self.entry, self._source
        watched = SourceState(self._phase) if source is None else source.state
        counts, alive = self._counts(), self._alive()
        return CameraState(
            name=entry.name,
            pipeline=entry.pipeline or "",
            source=url_without_credentials(entry.source),
            phase=str(watched.phase),
            reason=watched.reason or self._reason,
            restarts=self._restarts + watched.restarts,
            description=watched.opened.description if watched.opened else "",
            sent=counts.offered - counts.dropped - counts.filtered,
            acknowledged=counts.accepted,
            rejected=counts.rejected - counts.filtered,
            dropped=counts.dropped,
            received=alive.received,
            skipped=alive.skipped,
            filtered=alive.filtered,
            damaged=alive.damaged,
            quiet_seconds=round(alive.quiet_seconds, 1),
        )

    async def _once(self) -> None:
        """
        Raises:
            FramemeshError, FramemeshSdkError, ExceptionGroup: the camera cannot go on as it is.
        """
        entry = self.entry
        report = PushReport()
        spec = entry_source(entry)
        async with WatchedSource(spec, WatchOptions(retry_first=True), self._changed) as source:
            self._source = source
            opened = await source.opened()
            options = camera_options(
                report.rejected, entry.on_full, live=opened.live, spool=entry.spool
            )
            self._camera = AsyncCamera(
                self._ingest, pipeline=entry.pipeline or "", name=entry.name, options=options
            )
            plan = Plan(
                entry.fps,
                loop=bool(entry.loop),
                every=entry.every or 1,
                adaptive=bool(entry.adaptive),
            )
            await push(source, plan, [self._camera], report)

    def _changed(self, state: SourceState) -> None:
        if state.phase is Phase.WAITING:
            self._tell(f"{state.reason}; opening it again")
        elif state.phase is Phase.RUNNING:
            opened = state.opened
            self._tell(opened.description if opened else "", again=bool(self._said))

    def _failed(self, reason: str) -> None:
        self._phase, self._reason = Phase.WAITING, reason
        self._restarts += 1
        self._tell(f"{reason}; trying it again")

    def _tell(self, line: str, *, again: bool = False) -> None:
        """Once for as long as it stays the same."""
        if line != self._said or again:
            self._said = line
            self._say(f"{self.entry.name}: {line}")

    def _counts(self) -> Counts:
        before = self._counts_before
        if self._camera is None:
            return before
        now = total([self._camera])
        return Counts(
            offered=before.offered + now.offered,
            accepted=before.accepted + now.accepted,
            rejected=before.rejected + now.rejected,
            dropped=before.dropped + now.dropped,
            pending=now.pending,
            filtered=before.filtered + now.filtered,
        )

    def _alive(self) -> Alive:
        now = self._source.state.alive if self._source is not None else None
        return added(self._alive_before, now or NOTHING)

    def _keep_counts(self) -> None:
        """Of a source and a session that are over."""
        self._counts_before, self._alive_before = self._counts(), self._alive()
        if self._source is not None:
            self._restarts += self._source.state.restarts
        self._camera = self._source = None


def _words(error: Exception) -> str:
    """
    Raises:
        ExceptionGroup: there is more in it than is expected.
    """
    if not isinstance(error, ExceptionGroup):
        return str(error)
    expected, rest = error.split(_EXPECTED)
    if rest is not None or expected is None:
        raise error
    return "; ".join(dict.fromkeys(map(str, leaves(expected))))
