"""What is computed from the knowledge and looked up at each call: offers and budgets."""

import math
from collections.abc import Callable, Sequence

from framemesh.core.scheduling.budget.budget import Budget
from framemesh.core.scheduling.budget.camera_budgets import CameraBudgets
from framemesh.core.scheduling.budget.cost_budget import CostBudget
from framemesh.core.scheduling.budget.grid import Grid
from framemesh.core.scheduling.budget.least_time import LeastTime
from framemesh.core.scheduling.budget.proportional_budget import ProportionalBudget
from framemesh.core.scheduling.budget.stage_alternatives import (
    reference_seconds,
    stage_alternatives,
)
from framemesh.core.scheduling.call_graph import CallNode, Rates
from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.cost import costs_per_second
from framemesh.core.scheduling.inflow import Inflow
from framemesh.core.scheduling.knowledge import Knowledge
from framemesh.core.scheduling.offers import ItemOffers, Offer
from framemesh.core.scheduling.options import SchedulerOptions

BOUND = 0.1
"""A latency that is off by more than this part makes the tables anew."""

SHORTEST_SECONDS = 0.5
"""Between two makings: they take some milliseconds, which is a hundredth of it."""

LONGEST_SECONDS = 2.0
"""Then they are made anew in any case: waits, costs and rates have changed too."""

COSTS_SECONDS = 0.02
"""For which the cost of a backend holds: its load is averaged over a hundred times as long."""


class Tables:
    """Made anew when what they are made of changed. Mutable: it keeps what it made.

    A decision between two makings uses latencies that are up to two seconds old, or half a second
    where they changed by more than `BOUND`; waits and costs are those of its own moment.
    """

    def __init__(self, knowledge: Knowledge, options: SchedulerOptions, objective: float) -> None:
        """`objective`: seconds that a frame has in all."""
        self._knowledge, self._options, self._objective = knowledge, options, objective
        self._grid = Grid(objective)
        self._made_at = -math.inf
        self._stale = False
        self._seconds: dict[tuple[Configuration, int], float] = {}
        self._means: dict[tuple[Configuration, int], float] = {}
        self._costs: Sequence[float] = ()
        self._costs_at = -math.inf
        self._waits = {node.name: [0.0] * len(knowledge.backends) for node in knowledge.graph.nodes}
        self._largest = {
            stage: max(each.batch for each in found)
            for stage, found in knowledge.configurations.items()
        }

    def refresh(self, now: float) -> None:
        """Make them anew, if it is time. To be called before anything is looked up."""
        age = now - self._made_at
        if age >= LONGEST_SECONDS or (self._stale and age >= SHORTEST_SECONDS):
            self._make(now)

    def observed(self, configuration: Configuration, now: float) -> None:
        """Something was learned of it."""
        before = self._seconds.get((configuration, configuration.batch))
        if before is not None and not self._stale:
            seconds = self._quantile(configuration, configuration.batch, now)
            self._stale = abs(seconds - before) > BOUND * before

    def offers(self, node: str, waiting: int) -> ItemOffers:
        """Of a stage, where so many inputs can go together now."""
        waiting = max(1, min(waiting, self._largest[node]))
        found = self._by_waiting.get((node, waiting))
        if found is None:
            backends, inflow = len(self._knowledge.backends), self._inflows[node]
            found = ItemOffers(self._offers[node], waiting, backends, inflow)
            self._by_waiting[node, waiting] = found
        return found

    def elsewhere(self, node: str, items: int, backend: str) -> ItemOffers | None:
        """Of a stage, for inputs that stay together, without a backend; None: there is nothing."""
        place = self._knowledge.places[backend]
        found = [
            each
            for each in self._offers[node]
            if each.backend != place and each.configuration.batch >= items
        ]
        return ItemOffers(found, items, len(self._knowledge.backends)) if found else None

    def seconds(self, configuration: Configuration, batch: int, now: float) -> float:
        """That such batches exceed seldom, with their transfer."""
        key = (configuration, batch)
        found = self._seconds.get(key)
        if found is None:
            found = self._seconds[key] = self._quantile(configuration, batch, now)
        return found

    def mean(self, configuration: Configuration, batch: int, now: float) -> float:
        """Seconds of such batches on average, once they began, without their transfer."""
        key = (configuration, batch)
        found = self._means.get(key)
        if found is None:
            found = self._means[key] = self._knowledge.mean(configuration, batch, now)
        return found

    def behind(self, node: str) -> float:
        """Seconds of what must follow a node, at least; seldom more."""
        return self._least.behind(node)

    def behind_mean(self, node: str) -> float:
        """The same, on average."""
        return self._least_mean.behind(node)

    def per_second(self, node: str) -> float:
        """Inputs of a stage, from all cameras."""
        return self._inflows[node].per_second

    def allowance(self, node: str, camera: str, remaining: float) -> float:
        """Seconds that a call may take of what remains to its frame."""
        if not self._options.feedback:
            return self._static[node]
        return self._budgets.of(camera).share(node, remaining)

    def costs(self, now: float) -> Sequence[float]:
        """Of a second of one batch, on each backend."""
        if now - self._costs_at >= COSTS_SECONDS:
            knowledge = self._knowledge
            running = [load.running(now) for load in knowledge.loads]
            self._costs_at = now
            self._costs = costs_per_second(self._options.minimise, knowledge.backends, running)
        return self._costs

    def _make(self, now: float) -> None:
        knowledge, graph = self._knowledge, self._knowledge.graph
        self._made_at, self._stale = now, False
        self._seconds.clear()
        self._means.clear()
        self._by_waiting: dict[tuple[str, int], ItemOffers] = {}
        self._offers = {node.name: self._offered(node, now) for node in graph.nodes}
        self.costs(now)
        for stage, before in self._waits.items():
            waits = zip(before, knowledge.waits(stage, now), strict=True)
            self._waits[stage] = [(old + new) / 2.0 for old, new in waits]
        self._frames_per_second = knowledge.frames_per_second(now)
        self._inflows = self._inflows_by(knowledge.rates())
        self._least = LeastTime(graph, self._fastest(lambda offer: offer.seconds))
        self._least_mean = LeastTime(graph, self._fastest(lambda offer: offer.mean))
        self._budgets = CameraBudgets(knowledge.rates, self._made_budget)
        self._static = self._static_shares(self._budgets.pipeline)

    def _offered(self, node: CallNode, now: float) -> Sequence[Offer]:
        return [
            Offer(
                each,
                self._knowledge.places[each.backend],
                self.seconds(each, each.batch, now),
                self.mean(each, each.batch, now) + self._knowledge.transfer(each, each.batch),
                _is_degraded(each, node),
            )
            for each in self._knowledge.configurations[node.name]
        ]

    def _fastest(self, seconds: Callable[[Offer], float]) -> dict[str, float]:
        """Of each node, with what a call of it has waited lately."""
        return {
            name: min(self._waits[name][each.backend] + seconds(each) for each in found)
            for name, found in self._offers.items()
        }

    def _quantile(self, configuration: Configuration, batch: int, now: float) -> float:
        found = self._knowledge.quantile(self._options.quantile, configuration, batch, now)
        return found + self._knowledge.transfer(configuration, batch)

    def _made_budget(self, rates: Rates) -> Budget:
        graph, inflows = self._knowledge.graph, self._inflows_by(rates)
        if self._options.budget == "proportional":
            reference = {
                name: reference_seconds(self._offers[name], self._costs, inflow)
                for name, inflow in inflows.items()
            }
            return ProportionalBudget(graph, reference)
        alternatives = {
            node.name: stage_alternatives(
                self._offers[node.name],
                self._waits[node.name],
                self._costs,
                inflows[node.name],
                optional=node.optional,
            )
            for node in graph.nodes
        }
        return CostBudget(graph, alternatives, rates, self._grid)

    def _inflows_by(self, rates: Rates) -> dict[str, Inflow]:
        calls = self._knowledge.graph.expected_calls(rates)
        return {
            node.name: self._inflow(node, rates, calls[node.name])
            for node in self._knowledge.graph.nodes
        }

    def _inflow(self, node: CallNode, rates: Rates, calls: float) -> Inflow:
        """Of all cameras together: a batch waits for whichever sends next."""
        each = [rates[parent, node.name] for parent in node.parents]
        together = 1.0 if node.once else max(each, default=1.0)
        per_second = self._frames_per_second * calls
        return Inflow(per_second, together, self._options.safe_deferral)

    def _static_shares(self, budget: Budget) -> dict[str, float]:
        """Of each node, if every call in front of it took its whole share."""
        left, shares = dict[str, float](), dict[str, float]()
        for node in self._knowledge.graph.nodes:
            ends = (left[parent] - shares[parent] for parent in node.parents)
            left[node.name] = min(ends, default=self._objective)
            shares[node.name] = budget.share(node.name, left[node.name])
        return shares


def _is_degraded(configuration: Configuration, node: CallNode) -> bool:
    accuracy = configuration.variant.accuracy
    if accuracy is None or node.least_accuracy is None:
        return False
    return accuracy < node.least_accuracy
