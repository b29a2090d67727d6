"""rapidocr-onnxruntime: a reader of lines (PP-OCRv4)."""

from printing import Found, print_found
from rapidocr_onnxruntime.ch_ppocr_rec.text_recognize import TextRecognizer
from rapidocr_parts import part

READER = TextRecognizer(part("Rec"))


def find(picture) -> Found:
    ((text, score, *_),) = READER(picture)[0]
    return [{"label": "text", "score": score, "text": text}] if text else []


print_found(find)
