"""The parts of rapidocr-onnxruntime, configured as the package ships them."""

from pathlib import Path

import rapidocr_onnxruntime
import yaml

ROOT = Path(rapidocr_onnxruntime.__file__).parent


def part(name: str) -> dict[str, object]:
    """The configuration of "Det", "Cls" or "Rec", with the whole path of its file."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())[name]
    return {**config, "model_path": str(ROOT / config["model_path"])}
