"""What the screen tells of each camera, and which of them are in the worst state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framemesh.cli.top.history import Earlier
from framemesh.cli.views.report import CameraReport

RATE_SECONDS = 10.0
"""Over which a camera's rates are measured."""

LATELY_SECONDS = 60.0
"""A frame that died longer ago hurts no more."""

SILENT_SECONDS = 10.0
"""A camera that sent and has sent nothing for so long is silent."""

Key = tuple[str, str]
"""Pipeline and camera."""


@dataclass(frozen=True, slots=True)
class CameraRow:
    """One camera of one pipeline."""

    pipeline: str
    ledger: CameraReport
    offered_per_second: float
    done_per_second: float
    died_lately: int
    rejected_lately: int
    silent_seconds: float
    """Since its last frame; 0 if it has sent none since this screen began."""

    @property
    def silent(self) -> bool:
        return self.silent_seconds >= SILENT_SECONDS

    @property
    def dropped(self) -> int:
        """Expired and superseded, as its pipeline's delivery policy has it."""
        return self.ledger.expired + self.ledger.superseded

    @property
    def badness(self) -> tuple[float, ...]:
        """The larger, the worse: a broken promise, then frames lost, then silence, then waiting."""
        return (
            not self.ledger.balances,
            self.died_lately,
            self.rejected_lately,
            self.silent,
            self.ledger.pending,
            self.dropped,
        )

    @property
    def words(self) -> str:
        """What is wrong with it, worst first; empty if nothing is."""
        parts = []
        if not self.ledger.balances:
            parts.append("the ledger does not balance")
        if self.died_lately:
            parts.append(f"{self.died_lately} died lately")
        if self.rejected_lately:
            parts.append(f"{self.rejected_lately} rejected lately")
        if self.silent:
            parts.append(f"silent {self.silent_seconds:.0f} s")
        return ", ".join(parts)


class Cameras:
    """Follows the ledgers of all cameras."""

    def __init__(self) -> None:
        self._before: Earlier[dict[Key, CameraReport]] = Earlier(RATE_SECONDS)
        self._lately: Earlier[dict[Key, CameraReport]] = Earlier(LATELY_SECONDS)
        self._sent: dict[Key, tuple[int, float, bool]] = {}
        """Of each camera: frames offered, when that changed, and whether it did since we began."""

    def observe(
        self, at: float, ledgers: Iterable[tuple[str, Sequence[CameraReport]]]
    ) -> list[CameraRow]:
        """The rows of all cameras now, given those of each pipeline; `at` in seconds."""
        now = {(name, one.camera): one for name, cameras in ledgers for one in cameras}
        self._before.add(at, now)
        self._lately.add(at, now)
        self._sent = {key: self._last_sent(key, one.offered, at) for key, one in now.items()}
        return [self._row(key, one, at) for key, one in now.items()]

    def _last_sent(self, key: Key, offered: int, at: float) -> tuple[int, float, bool]:
        before = self._sent.get(key)
        if before is None:
            return offered, at, False
        return before if before[0] == offered else (offered, at, True)

    def _row(self, key: Key, one: CameraReport, at: float) -> CameraRow:
        before_at, before = _past(self._before, key, one, at)
        _, lately = _past(self._lately, key, one, at)
        seconds = at - before_at
        _, sent_at, has_sent = self._sent[key]
        return CameraRow(
            pipeline=key[0],
            ledger=one,
            offered_per_second=(one.offered - before.offered) / seconds if seconds else 0.0,
            done_per_second=(one.done - before.done) / seconds if seconds else 0.0,
            died_lately=max(0, one.dead - lately.dead),
            rejected_lately=max(0, one.rejected - lately.rejected),
            silent_seconds=at - sent_at if has_sent else 0.0,
        )


def _past(
    earlier: Earlier[dict[Key, CameraReport]], key: Key, now: CameraReport, at: float
) -> tuple[float, CameraReport]:
    """When it was seen some time ago, and how; one that was made anew counts from 0 again."""
    if earlier.value is None:
        return at, now
    seen_at, seen = earlier.value
    before = seen.get(key, now)
    return (seen_at, before) if before.offered <= now.offered else (at, now)
