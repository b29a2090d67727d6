"""rapidocr-onnxruntime: whether a line of text stands on its head."""

from printing import Found, print_found
from rapidocr_onnxruntime.ch_ppocr_cls import TextClassifier
from rapidocr_parts import part

CLASSIFIER = TextClassifier(part("Cls"))


def find(picture) -> Found:
    ((label, score),) = CLASSIFIER(picture)[1]
    return [{"label": label, "score": score}]


print_found(find)
