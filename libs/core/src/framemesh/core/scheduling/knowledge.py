"""What is known of backends, models and cameras: profiles, and what was seen since."""

from collections.abc import Iterable, Mapping, Sequence

from framemesh.core.scheduling.arrival_envelope import ArrivalEnvelope
from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.branch_rates import BranchRates
from framemesh.core.scheduling.call_graph import CallGraph, Rates
from framemesh.core.scheduling.configuration import (
    Configuration,
    Deployment,
    InvalidConfiguration,
)
from framemesh.core.scheduling.latency.latency import Latency, LatencyPrior
from framemesh.core.scheduling.load.backend_load import BackendLoad
from framemesh.core.scheduling.load.backlog import Backlog

RATE_WINDOW_SECONDS = 10.0
"""Over which the rate of frames is counted: bursts of a second do not count as the rate."""


class Knowledge:
    """The states that learn, for one caller and one pipeline. Mutable: it is made of them."""

    def __init__(
        self,
        graph: CallGraph,
        backends: Sequence[Backend],
        profile: Mapping[Configuration, LatencyPrior],
        *,
        rates: Rates | None = None,
        seed: int = 0,
        callers: int = 1,
        deepest_first: bool = True,
    ) -> None:
        """
        Args:
            profile: of the configurations that may be used; at least one of each node.
            deepest_first: calls of a deeper node are run first.
            rates: expected calls of a child for one of its parent, until some were seen.
            seed, callers: as in `BackendLoad`.

        Raises:
            InvalidConfiguration: a node without configurations, or one of an unknown backend.
        """
        self.graph = graph
        self.backends = tuple(backends)
        self.places = {backend.name: place for place, backend in enumerate(backends)}
        self.configurations = _by_stage(graph, profile, self.places)
        by_deployment = {
            deployment: Latency(priors) for deployment, priors in _by_deployment(profile).items()
        }
        self._latencies = {each: by_deployment[each.deployment] for each in profile}
        self.loads = [
            BackendLoad(backend, _typical(backend, profile), seed=seed, callers=callers)
            for backend in backends
        ]
        self.backlog = Backlog(
            {
                node.name: [
                    other.name
                    for other in graph.nodes
                    if not deepest_first or graph.depth(other.name) >= graph.depth(node.name)
                ]
                for node in graph.nodes
            }
        )
        self._branches = BranchRates(graph, rates)
        self._arrivals = ArrivalEnvelope()
        self._items = {node.name: node.item_bytes for node in graph.nodes}

    def mean(self, configuration: Configuration, batch: int, now: float) -> float:
        """Seconds of a batch, once it began, without its transfer."""
        return self._latency(configuration).mean(batch, now)

    def quantile(self, q: float, configuration: Configuration, batch: int, now: float) -> float:
        """Seconds that a part `q` of such batches do not exceed; as `mean`."""
        return self._latency(configuration).quantile(q, batch, now)

    def transfer(self, configuration: Configuration, batch: int) -> float:
        """Seconds on the way, of a batch of so many inputs."""
        backend = self.backends[self.places[configuration.backend]]
        return backend.transfer(self._items[configuration.stage] * batch)

    def rtt(self, backend: str) -> float:
        """Seconds to a backend and back."""
        return self.backends[self.places[backend]].rtt

    def took(self, configuration: Configuration, batch: int, seconds: float, now: float) -> None:
        """A batch ran for so long at its backend, without transfer and wait."""
        self._latency(configuration).observe(batch, seconds, now)

    def branched(self, camera: str, parent: str, child: str, calls: int) -> None:
        self._branches.observe(camera, parent, child, calls)

    def rates(self, camera: str | None = None) -> Rates:
        return self._branches.rates(camera)

    def arrived(self, now: float) -> None:
        self._arrivals.add(now)

    def frames_per_second(self, now: float) -> float:
        return self._arrivals.rate(now, RATE_WINDOW_SECONDS)

    def envelope(self) -> Mapping[float, int]:
        """The most frames in windows of each length, for `sizing`."""
        return self._arrivals.envelope()

    def waits(self, stage: str, now: float) -> list[float]:
        """Seconds until one more call of a stage would begin, on each backend: after what was sent
        there, and what waits here to be."""
        return [
            load.wait(now) + self.backlog.seconds(stage, backend.name) / backend.capacity
            for backend, load in zip(self.backends, self.loads, strict=True)
        ]

    def load(self, backend: str) -> BackendLoad:
        """Raises:
        InvalidConfiguration: there is no such backend.
        """
        place = self.places.get(backend)
        if place is None:
            raise InvalidConfiguration(
                f"there is no backend {backend}; there are {', '.join(self.places)}"
            )
        return self.loads[place]

    def _latency(self, configuration: Configuration) -> Latency:
        """Raises:
        InvalidConfiguration: it is none of the profile.
        """
        found = self._latencies.get(configuration)
        if found is None:
            raise InvalidConfiguration(
                f"{configuration.stage} on {configuration.backend} in batches of"
                f" {configuration.batch} was never profiled: run framemesh profile"
            )
        return found


def _by_stage(
    graph: CallGraph, configurations: Iterable[Configuration], places: Mapping[str, int]
) -> dict[str, list[Configuration]]:
    found: dict[str, list[Configuration]] = {node.name: [] for node in graph.nodes}
    for each in configurations:
        graph.node(each.stage)
        if each.backend not in places:
            raise InvalidConfiguration(
                f"{each.stage} would run on {each.backend}, which is no backend: there are"
                f" {', '.join(places)}"
            )
        found[each.stage].append(each)
    if bare := [stage for stage, each in found.items() if not each]:
        raise InvalidConfiguration(
            f"nothing is known of how to run {', '.join(bare)}: run framemesh profile"
        )
    return found


def _by_deployment(
    profile: Mapping[Configuration, LatencyPrior],
) -> dict[Deployment, dict[int, LatencyPrior]]:
    found: dict[Deployment, dict[int, LatencyPrior]] = {}
    for each, prior in profile.items():
        found.setdefault(each.deployment, {})[each.batch] = prior
    return found


def _typical(backend: Backend, profile: Mapping[Configuration, LatencyPrior]) -> float:
    """Seconds that a batch takes on a backend on average, before any was sent; a backend that is
    not used has none, and any will do."""
    means = [prior.mean for each, prior in profile.items() if each.backend == backend.name]
    return sum(means) / len(means) if means else 1.0
