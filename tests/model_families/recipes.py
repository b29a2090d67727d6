"""What recognition says of the files that the recipes build, in every disguise.

`python -m tests.model_families.recipes FOLDER` prints a line a file; its status is 1 if one is
taken for what it is not. FOLDER is that of the recipe's build.py, which has run.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from framemesh.core.errors import FramemeshError
from framemesh.modeling.recognition.result import Candidates, Recognised
from tests.model_families.disguises import DISGUISES, disguised
from tests.model_families.recognition import look

DECODERS: Mapping[str, str] = {
    "s01": "yolov5",
    "s02": "yolov8",
    "s02b": "yolov8",
    "s03": "yolov8-seg",
    "s04": "yolov8-pose",
    "s05": "yolov8-obb",
    "s06": "classification",
    "s07": "yolo-end2end",
    "s08": "yolox",
    "s09": "rf-detr",
    "s10": "detr",
    "s10b": "rt-detr-logits",
    "s11": "rt-detr",
    "s11b": "rt-detr-ultralytics",
    "s12": "torchvision",
    "s12b": "torchvision",
    "s13": "tf-detection",
    "s13b": "tf-detection",
    "s14": "efficient-nms",
    "s14b": "yolov7-nms",
    "s15": "semantic",
    "s15b": "semantic",
    "s16": "semantic",
    "s17": "classification",
    "s17b": "classification",
    "s17c": "multi-label",
    "s17d": "multi-label",
    "s17e": "classification",
    "s17f": "multi-label",
    "s18": "yolov8",
    "s18b": "classification",
    "s19": "anomaly",
    "s20": "embedding",
    "s21": "scrfd",
    "s22": "yunet",
    "s23": "depth",
    "s24": "classification",
    "s25": "classification",
    "s26": "detection-output",
    "s27": "simcc",
}
"""By the number with which the recipe's folder begins."""


def outcome(content: bytes, decoder: str, scratch: Path) -> str:
    """right, named, refused, nothing or WRONG; with what was said."""
    path = scratch / "model.onnx"
    try:
        found = look(path, content)
    except FramemeshError as error:
        return f"refused: {error}"
    if isinstance(found, Recognised):
        return "right" if found.guess.decoder == decoder else f"WRONG: {found.guess.decoder}"
    return _named(found, decoder)


def _named(found: Candidates, decoder: str) -> str:
    names = dict.fromkeys(each.guess.decoder for each in found.possible)
    return f"{'named' if decoder in names else 'nothing'}: {', '.join(names)}"


def main(folder: Path) -> int:
    counts = Counter[str]()
    with TemporaryDirectory() as scratch:
        for file in sorted(folder.glob("s*/*.onnx")):
            decoder = DECODERS[file.parent.name.split("-")[0]]
            outcomes = [
                outcome(disguised(file.read_bytes(), disguise), decoder, Path(scratch))
                for disguise in DISGUISES
            ]
            counts.update(each.split(":")[0] for each in outcomes)
            sys.stdout.write(" | ".join((file.parent.name, decoder, *outcomes)) + "\n")
    total = ", ".join(f"{count} {what}" for what, count in counts.most_common())
    sys.stdout.write(total + "\n")
    return 1 if counts["WRONG"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
