"""The table of a YOLO whose places have scores of classes alone."""

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.yolo.class_scores import TURNED
from framemesh.worker.vision.decoders.decoder import Array, Outputs
from framemesh.worker.vision.decoders.geometry import as_floats


class PlacesTable:
    """An output of a column for each place, or of a row for each."""

    def __init__(self, binding: DecoderBinding) -> None:
        self._turned = TURNED in binding.tensors
        self.tensor = binding.tensors[TURNED if self._turned else "table"]
        """Its name, for messages."""

    def read(self, outputs: Outputs) -> Array:
        """[values, places]."""
        table = as_floats(outputs[self.tensor])
        return table.T if self._turned else table
