"""isbnx, whose code needs the rest of the package: its preparation and choice, written anew.

A YOLO26. The package suppresses what the model leaves once more, which `yolo-end2end` does not:
here is what it has before that.
"""

import sysconfig
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image
from printing import Found, print_found

SITE = Path(sysconfig.get_path("purelib"))
SESSION = onnxruntime.InferenceSession(SITE / "isbnx" / "model" / "best.onnx")
LABELS = ('0:"0"', '1:"1"', '2:"2"')
SIDE, GREY, THRESHOLD = 1280, (114, 114, 114), 0.3


def find(picture) -> Found:
    image = Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).convert("L").convert("RGB")
    scale = min(SIDE / image.width, SIDE / image.height)
    inner = (round(image.width * scale), round(image.height * scale))
    left, top = (SIDE - inner[0]) // 2, (SIDE - inner[1]) // 2
    canvas = Image.new("RGB", (SIDE, SIDE), GREY)
    canvas.paste(image.resize(inner, Image.Resampling.BILINEAR), (left, top))
    given = np.asarray(canvas, np.float32).transpose(2, 0, 1)[np.newaxis] / 255
    rows = SESSION.run(None, {"images": given})[0][0]
    rows = rows[rows[:, 4] >= THRESHOLD]
    classes = rows[:, 5].astype(int)
    places = (rows[:, :4] - [left, top, left, top]) / scale
    return [
        {"label": LABELS[number], "score": row[4], "box": place}
        for number, row, place in zip(classes, rows, places, strict=True)
    ]


print_found(find)
