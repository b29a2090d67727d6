"""rapidocr-onnxruntime: text detection (PP-OCRv4). Its own code tells no scores to its callers."""

import sys

from printing import Found, print_found
from rapidocr_onnxruntime.ch_ppocr_det import TextDetector
from rapidocr_parts import part

DETECTOR = TextDetector(part("Det"))


def find(picture) -> Found:
    height, width = picture.shape[:2]
    prepared = DETECTOR.get_preprocess(max(height, width))(picture)
    boxes, scores = DETECTOR.postprocess_op(DETECTOR.infer(prepared)[0], (height, width))
    sys.stderr.write(f"{prepared.shape}\n")
    return [
        {"label": "text", "score": score, "corners": box, "input": prepared.shape[:1:-1]}
        for box, score in zip(boxes.tolist(), scores, strict=True)
    ]


print_found(find)
