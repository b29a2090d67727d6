"""captcha-recognizer: a YOLO11-seg of one class."""

from captcha_recognizer.slider import Slider
from printing import Found, print_found

SLIDER = Slider()


def find(picture) -> Found:
    ((boxes, masks),) = SLIDER.predict(picture, conf=0.25, iou=0.7)
    return [
        {"label": "s", "score": row[4], "box": row[:4], "area": mask.mean()}
        for row, mask in zip(boxes.tolist(), masks, strict=True)
    ]


print_found(find)
