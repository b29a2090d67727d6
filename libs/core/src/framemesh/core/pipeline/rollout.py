"""How far a new revision of a pipeline has come, and what there was before it."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.pipeline.spec import PipelineSpec


class RolloutPhase(Enum):
    """What happens to a new revision, in this order."""

    STARTING = "starting"
    """None of its workers was ready yet."""
    SWITCHING = "switching"
    """New frames of some cameras go to it; what came before is worked off."""
    CANARY = "canary"
    """It has the frames of some cameras, and the stable one those of all others."""
    REPLACING = "replacing"
    """Its workers replace all others."""
    WATCHING = "watching"
    """All others are gone; its outcomes are watched."""


SPLIT_PHASES = frozenset({RolloutPhase.SWITCHING, RolloutPhase.CANARY})
"""While a canary has shards of its own."""

TRIAL_PHASES = SPLIT_PHASES | {RolloutPhase.STARTING}


@dataclass(frozen=True, slots=True)
class Rollout:
    """A new revision that is not known to be good yet."""

    stable: PipelineSpec
    """What comes back if it is not: the last revision that was good."""
    stable_revision: int
    stable_applied_unix_nano: int = 0
    phase: RolloutPhase = RolloutPhase.STARTING
    since_unix_nano: int = 0
    """When the phase began."""
    ledger_sequence: int = 0
    """Of the newest entry in the ledger's stream then: what is judged comes after it."""
    canary: float = 0.0
    """Share of the cameras that it has first; 0: it replaces the stable one at once."""

    @property
    def trial(self) -> bool:
        """Whether the stable one has all frames that are not those of the canary."""
        return bool(self.canary) and self.phase in TRIAL_PHASES


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A revision that was given up for the one that the pipeline is at now."""

    revision: int
    why: str
    """In one line."""

    def __str__(self) -> str:
        return f"revision {self.revision} was rolled back: {self.why}"
