"""One file out of a package: what a check says of it, and how framemesh is told to run it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx

from tests.real_models.packages_run import site_packages
from tests.real_models.pictures import Draw


@dataclass(frozen=True)
class RealModel:
    """One file."""

    file: str
    """Below site-packages."""
    script: str
    """Of tests/real_models/packages."""
    decoder: str
    pictures: Mapping[str, Draw]
    told: bool = True
    """Whether the file tells all by itself; else it is one of the candidates."""
    options: tuple[str, ...] = ()
    """Of `framemesh model check`, where the file does not tell all."""
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of `input` and `decoder` of the model.yaml: how the package prepares and chooses."""
    labels: tuple[str, ...] = ()
    """Where the file names none."""
    rounding: float = 0.0
    """Pixels by which the package rounds what it tells."""
    opened: bool = False
    """The file declares a size that is not its own, and the package opens it before it runs it."""
    fitted: bool = False
    """The input has the size that the package gives it for each picture."""
    loose: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By picture: of scores and places, where the preparation cannot be equal."""

    @property
    def path(self) -> Path:
        return site_packages() / self.file

    def given(self, folder: Path) -> Path:
        """The file, as it is or with all sides of its images open."""
        if not self.opened:
            return self.path
        opened = folder / self.path.name
        if not opened.exists():
            model = onnx.load(self.path)
            for tensor in (*model.graph.input[:1], *model.graph.output):
                sides = tensor.type.tensor_type.shape.dim
                for number, name in ((0, "batch"), (2, "height"), (3, "width")):
                    sides[number].dim_param = name if tensor in model.graph.input else f"{name}/4"
            onnx.save(model, opened)
        return opened
