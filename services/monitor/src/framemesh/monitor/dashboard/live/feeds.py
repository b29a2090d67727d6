"""What a browser gets besides pictures: states of the mesh, and samples of one pipeline."""

from framemesh.core.identity.caller import Caller
from framemesh.monitor.dashboard.mesh.converters import mesh_message
from framemesh.monitor.dashboard.mesh.visible import visible_state
from framemesh.monitor.dashboard.mesh.watch import LOOKED_AT_SECONDS, MeshWatch
from framemesh.monitor.dashboard.messages.samples import SamplesMessage
from framemesh.monitor.dashboard.samples.decisions import Decisions
from framemesh.monitor.dashboard.samples.history import History


class MeshFeed:
    """Every state once, or only the last of those that came while the browser did not read."""

    def __init__(self, watch: MeshWatch, who: Caller) -> None:
        self._watch = watch
        self._who = who
        self._sent = 0

    def __call__(self) -> str | None:
        published = self._watch.published
        if published.number == self._sent or not published.text:
            return None
        self._sent = published.number
        if self._who.sees_mesh:
            return published.text
        return mesh_message(visible_state(published.state, self._who)).model_dump_json()


class SamplesFeed:
    """First all samples that are kept, then what is new."""

    def __init__(self, history: History, decisions: Decisions, pipeline: str) -> None:
        self._history = history
        self._decisions = decisions
        self._pipeline = pipeline
        self._sent_ms = -1.0
        self._told_ms = -1.0
        """Time of the last decision that was sent: those are known later than samples."""

    def __call__(self) -> str | None:
        found = self._history.samples(self._pipeline, self._sent_ms, LOOKED_AT_SECONDS)
        new = [each for each in self._decisions.known(self._pipeline) if each.at_ms > self._told_ms]
        if self._sent_ms >= 0 and not found.at_ms and not new:
            return None
        self._sent_ms = found.at_ms[-1] if found.at_ms else max(0.0, self._sent_ms)
        self._told_ms = new[-1].at_ms if new else self._told_ms
        fields = {**found.model_dump(), "decisions": new}
        return SamplesMessage(**fields, pipeline=self._pipeline).model_dump_json()
