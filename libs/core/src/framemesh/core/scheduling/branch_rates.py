"""How often a call leads to others, and to how many: learned per camera."""

from collections import OrderedDict
from collections.abc import Mapping

from framemesh.core.scheduling.call_graph import CallGraph, Rates

MOST_CAMERAS = 1024
"""That rates are kept of, those that were seen last: a few numbers each. Others have the rates of
the pipeline."""

WEIGHT = 0.05
"""Of the newest call: the last twenty make two thirds. A street changes within minutes, and its
cameras send some frames a second."""

ENOUGH = 20.0
"""Calls of a camera from which on the pipeline's rate counts for nothing in its own."""

Edge = tuple[str, str]


class _Rate:
    """A moving average, of the first calls the plain one."""

    __slots__ = ("calls", "value")

    def __init__(self) -> None:
        self.calls = 0.0
        self.value = 0.0

    def add(self, calls: float) -> None:
        self.calls = min(self.calls + 1.0, ENOUGH)
        self.value += max(WEIGHT, 1.0 / self.calls) * (calls - self.value)


class BranchRates:
    """Expected calls of a child for one of its parent. Mutable: each call that ends changes it, and
    the rates of a thousand cameras are not copied for that."""

    def __init__(
        self, graph: CallGraph, declared: Rates | None = None, *, cameras: int = MOST_CAMERAS
    ) -> None:
        """`declared`: what is taken to hold until calls were seen; 1 where nothing is said."""
        self._declared: dict[Edge, float] = {
            (parent, node.name): (declared or {}).get((parent, node.name), 1.0)
            for node in graph.nodes
            for parent in node.parents
        }
        self._most_cameras = cameras
        self._pipeline = {edge: _Rate() for edge in self._declared}
        self._cameras: OrderedDict[str, dict[Edge, _Rate]] = OrderedDict()

    def observe(self, camera: str, parent: str, child: str, calls: int) -> None:
        """One call of `parent` led to so many of `child`; 0: that branch was not taken. An edge
        that is not in the graph counts for nothing."""
        edge = (parent, child)
        if edge not in self._declared:
            return
        self._pipeline[edge].add(calls)
        own = self._cameras.get(camera)
        if own is None:
            own = self._cameras[camera] = {}
            if len(self._cameras) > self._most_cameras:
                self._cameras.popitem(last=False)
        else:
            self._cameras.move_to_end(camera)
        own.setdefault(edge, _Rate()).add(calls)

    def rates(self, camera: str | None = None) -> Rates:
        """Of a camera; of one that is not known, and None: of the pipeline."""
        pipeline = {
            edge: _blended(rate, self._declared[edge]) for edge, rate in self._pipeline.items()
        }
        own: Mapping[Edge, _Rate] = self._cameras.get(camera, {}) if camera is not None else {}
        return pipeline | {edge: _blended(rate, pipeline[edge]) for edge, rate in own.items()}

    def __len__(self) -> int:
        """Cameras with rates of their own."""
        return len(self._cameras)


def _blended(rate: _Rate, otherwise: float) -> float:
    return otherwise + rate.calls / ENOUGH * (rate.value - otherwise)
