"""From an image of bytes to the input of a model: scaled by area, in another order of channels,
each byte as the value of a table, in the layout of the model.

Two implementations do the same, bit by bit: the native library of libs/pixels/native, and OpenCV
where that is missing.
"""

from framemesh.pixels.chosen import MISSING, prepare
from framemesh.pixels.preparation import Form, Prepare
from framemesh.pixels.scaling import scaled

__all__ = ["Form", "MISSING", "Prepare", "prepare", "scaled"]
