"""From the outputs of a model to detections on the image that went in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from framemesh.core.detection import Box, Detection
from framemesh.vision.projection import Projection
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs
from framemesh.worker.vision.details import with_detail


class OutputReader:
    """Of one model in one stage. Any number of threads may use it at once."""

    def __init__(self, stage: str, labels: Sequence[str], decoder: Decoder) -> None:
        self._stage = stage
        self._labels = labels
        self._decoder = decoder

    def detections(
        self, outputs: Outputs, projection: Projection, outer: Box | None = None
    ) -> Iterator[Detection]:
        """What the model found, in fractions of the whole image.

        Args:
            projection: where the image, or the part of it that went in, lies in the input.
            outer: that part; None: the whole image.

        Raises:
            InferenceFailed: the outputs cannot be read, or a class has no label.
        """
        for found in self._decoder.decode(outputs):
            box: Box | None = None
            if found.box is not None:
                box = projection.box(found.box)
                if box is None:
                    continue
            detection = Detection(
                stage=self._stage,
                label=found.label or self._label(found.class_id),
                class_id=found.class_id,
                score=found.score,
                box=box if box is None or outer is None else box.within(outer),
            )
            if found.detail is not None:
                inner = replace(detection, box=box)
                detailed = with_detail(inner, found.detail, projection, outer, self._labels)
                detection = replace(detailed, box=detection.box or detailed.box)
            yield detection

    def _label(self, class_id: int) -> str:
        """
        Raises:
            InferenceFailed: there is none; of some models only the answers tell the classes.
        """
        if not 0 <= class_id < len(self._labels):
            raise InferenceFailed(
                f"the model found something of class {class_id}, and its manifest has labels for "
                f"0 to {len(self._labels) - 1}: list a label for each class"
            )
        return self._labels[class_id]
