"""Makes the outcomes of frames in the name of one worker."""

from dataclasses import dataclass
from datetime import timedelta

from framemesh.core.clock import Clock
from framemesh.core.documents.duration import duration_text
from framemesh.core.outcome import Fate, Outcome, StageModel
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.runtime.logs import get_logger
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.errors import Damaged
from framemesh.worker.frame_context import FrameContext, telling_of

log = get_logger()


@dataclass(frozen=True, slots=True)
class OutcomeFactory:
    """Makes outcomes; the committer stores them."""

    pipeline: str
    worker: str
    delivery: DeliverySpec
    clock: Clock
    revision: int = 0
    models: tuple[StageModel, ...] = ()
    """Of all stages."""
    run: str = ""
    """That the outcomes belong to; empty: the live one."""

    def done(self, context: FrameContext, result: InferenceResult, attempts: int) -> Outcome:
        return self._outcome(
            context, Fate.DONE, detail=result.damage, attempts=attempts, result=result
        )

    def expired(self, context: FrameContext) -> Outcome:
        max_age = self.delivery.fresh.max_age if self.delivery.fresh else timedelta.max
        detail = f"older than {duration_text(max_age)} before a model could have it"
        return self._outcome(context, Fate.EXPIRED, "too_old", detail, attempts=0)

    def superseded(self, context: FrameContext) -> Outcome:
        newer = self.delivery.latest.frames if self.delivery.latest else 0
        detail = f"{newer} newer of its camera came before it was dispatched"
        return self._outcome(context, Fate.SUPERSEDED, "newer_frame", detail, attempts=0)

    def dead(self, context: FrameContext, reason: str, detail: str, attempts: int) -> Outcome:
        with telling_of(context):
            log.warning("frame is dead", frame=str(context.frame.id), reason=reason, detail=detail)
        return self._outcome(context, Fate.DEAD, reason, detail, attempts=attempts)

    def _outcome(
        self,
        context: FrameContext,
        fate: Fate,
        reason: str = "",
        detail: str = "",
        *,
        attempts: int,
        result: InferenceResult | None = None,
    ) -> Outcome:
        frame, completed = context.frame, self.clock.unix_nano()
        return Outcome(
            frame=frame.id,
            pipeline=self.pipeline,
            fate=fate,
            captured_unix_nano=frame.captured_unix_nano,
            completed_unix_nano=completed,
            completed_by=self.worker,
            reason=reason,
            detail=detail,
            width=result.width if result else 0,
            height=result.height if result else 0,
            detections=result.detections if result else (),
            attempts=attempts,
            image_bytes=len(frame.image),
            tensor_bytes=result.tensor_bytes if result else 0,
            damaged=bool(result and result.damage) or reason == Damaged.reason,
            revision=self.revision,
            models=self.models if attempts else (),
            run=self.run,
            timings=context.hop_timings(completed),
            crc32=frame.crc32,
        )
