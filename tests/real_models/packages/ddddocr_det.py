"""ddddocr: a YOLOX of one class. Its own code tells no scores: they are read on the way."""

import cv2
import numpy as np
from ddddocr.core.detection_engine import DetectionEngine
from printing import Found, print_found


class Scored(DetectionEngine):
    def multiclass_nms(self, boxes, scores, nms_thr, score_thr):
        self.rows = super().multiclass_nms(boxes, scores, nms_thr, score_thr)
        return self.rows


ENGINE = Scored()


def find(picture) -> Found:
    boxes = ENGINE.predict(cv2.imencode(".png", picture)[1].tobytes())
    scores = [] if ENGINE.rows is None else ENGINE.rows[:, 4]
    return [
        {"label": "text", "score": np.float32(score), "box": box}
        for box, score in zip(boxes, scores, strict=True)
    ]


print_found(find)
