"""A model without a network: an accelerator that takes so long for a frame."""

import shutil
from pathlib import Path

from bench.frames import ROOT

EXAMPLE = ROOT / "examples/simulated"


def simulated_model(folder: Path, name: str, *, milliseconds: float, batch: int = 1) -> Path:
    """The folder of a model that takes `milliseconds` for each image: one after the other, or up to
    `batch` of them in a request."""
    folder.mkdir(parents=True)
    shutil.copy(EXAMPLE / "model.onnx", folder)
    text = (EXAMPLE / "model.yaml").read_text()
    for before, after in (
        ("name: simulated\n", f"name: {name}\n"),
        ("max_batch: 8\n", f"max_batch: {batch}\n"),
        ("base_ms: 20\n", f"base_ms: {milliseconds if batch == 1 else 0:g}\n"),
        ("per_image_ms: 10\n", f"per_image_ms: {0 if batch == 1 else milliseconds:g}\n"),
    ):
        assert before in text, f"{EXAMPLE} has no {before!r}"
        text = text.replace(before, after, 1)
    (folder / "model.yaml").write_text(text)
    return folder
