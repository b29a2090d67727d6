"""nudenet: a YOLOv8 of 18 classes."""

from nudenet import NudeDetector
from printing import Found, print_found

DETECTOR = NudeDetector()


def find(picture) -> Found:
    found = []
    for one in DETECTOR.detect(picture):
        left, top, width, height = one["box"]
        box = [left, top, left + width, top + height]
        found.append({"label": one["class"], "score": one["score"], "box": box})
    return found


print_found(find)
