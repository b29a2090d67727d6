"""occular-deskew: how a page is turned. It means four turns of the page; one is read here."""

import cv2
import numpy as np
from occular_deskew.orient_onnx import ANGLES, OriNetOrientation
from printing import Found, print_found

CLASSIFIER = OriNetOrientation(prefer_gpu=False)


def find(picture) -> Found:
    prepared = CLASSIFIER._prep(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    (logits,) = CLASSIFIER.session.run(None, {CLASSIFIER.input_name: prepared[np.newaxis]})[0]
    weights = np.exp(logits - logits.max())
    best = int(weights.argmax())
    return [{"label": str(ANGLES[best]), "score": weights[best] / weights.sum()}]


print_found(find)
