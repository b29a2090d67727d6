"""One run of a pipeline's graph on one frame: what its nodes have found so far."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from framemesh.core.detection import Detection
from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.item import Item, ItemId
from framemesh.core.graph.plan import Edge, Node
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.region import Region, regions_of
from framemesh.worker.engine.step import Step
from framemesh.worker.engine.tiles import merged, tiles_of
from framemesh.worker.vision.image import FrameImage

Wanted = Callable[[Detection | None], bool]
"""Whether a node wants a detection, or a frame (None)."""


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """What a pipeline found in one frame."""

    width: int
    height: int
    """Of the decoded image, in pixels."""
    items: tuple[Item, ...]
    """In the order of the plan's nodes; an item stands after its parent."""
    tensor_bytes: int = 0
    """Of the inputs that the models got."""
    damage: str = ""
    """What of the image is damaged, as its decoder says; empty: nothing that it can tell."""

    @property
    def detections(self) -> tuple[Detection, ...]:
        """The same without ids: the place of a detection stands for it."""
        return tuple(item.detection for item in self.items)


@dataclass(slots=True, eq=False)
class Execution:
    """What became of one frame, node by node."""

    input: FrameInput
    image: FrameImage
    by_node: dict[str, list[Item]] = field(default_factory=dict)
    """What each node found; their detections have no parent yet."""
    left_out: set[str] = field(default_factory=set)
    """Nodes that do not run on it: by their condition, or because none that they wait for did."""
    begun: bool = False
    """Whether a node had something of it to look at."""
    tensor_bytes: int = 0
    error: Exception | None = None
    """Why nothing more is done for it."""

    @property
    def found(self) -> int:
        """How many items there are."""
        return sum(map(len, self.by_node.values()))

    def regions(self, step: Step) -> list[Region | None]:
        """What a node is to look at; None is the whole frame.

        Raises:
            TooManyTiles: the frame is cut into more than a frame may have.
        """
        wanted = self._wanted(step)
        # Of a node that takes boxes, the condition is asked of each of them.
        if not self._is_reached(step) or not (step.takes_boxes or wanted(None)):
            self.left_out.add(step.node.id)
            return []
        return [region for edge in step.edges for region in self._regions(edge, wanted)]

    def add(
        self,
        node: Node,
        regions: Sequence[Region | None],
        found: Sequence[Sequence[Detection]],
        *,
        tiled: bool,
    ) -> None:
        """Make items of what a node found in regions; what several tiles show becomes one."""
        if tiled:
            self._add(node, None, merged(found))
            return
        for region, detections in zip(regions, found, strict=True):
            self._add(node, region, detections)

    def result(self, nodes: Iterable[Node]) -> InferenceResult | Exception:
        """What there is in the end, in the order of the nodes, whichever was through first."""
        if self.error is not None:
            return self.error
        places: dict[ItemId, int] = {}
        items: list[Item] = []
        for node in nodes:
            for item in self.by_node.get(node.id, ()):
                places[item.id] = len(items)
                items.append(item if item.parent is None else _placed(item, places[item.parent]))
        image = self.image
        return InferenceResult(
            image.width, image.height, tuple(items), self.tensor_bytes, image.damage
        )

    def _add(self, node: Node, region: Region | None, detections: Sequence[Detection]) -> None:
        siblings = self.by_node.setdefault(node.id, [])
        parent = None if region is None else region.parent
        for detection in detections:
            siblings.append(Item(ItemId(node.id, len(siblings)), parent, detection))

    def _is_reached(self, step: Step) -> bool:
        """Whether a node that it waits for ran, if it waits for any."""
        return not step.waits_for or not step.waits_for <= self.left_out

    def _regions(self, edge: Edge, wanted: Wanted) -> Sequence[Region | None]:
        image = self.image
        if edge.tiles is not None:
            return tiles_of(image.width, image.height, edge.tiles)
        if edge.source is None:
            return [None]
        items = (item for item in self.by_node.get(edge.source, ()) if wanted(item.detection))
        return list(regions_of(items, edge, image.width, image.height))

    def _wanted(self, step: Step) -> Wanted:
        """The condition of a node, about this frame."""
        when = step.node.stage.when
        if when is None:
            return _everything
        counted = {
            name: [item.detection for item in self.by_node.get(name, ())] for name in when.stages
        }
        facts = FrameFacts(self.input.camera, self.input.captured_unix_nano, counted, step.zones)
        return partial(_is_true, when, facts)


def _everything(_: Detection | None) -> bool:
    return True


def _is_true(when: Condition, facts: FrameFacts, detection: Detection | None) -> bool:
    return when.test(detection, facts)


def _placed(item: Item, parent: int) -> Item:
    return replace(item, detection=replace(item.detection, parent=parent))
