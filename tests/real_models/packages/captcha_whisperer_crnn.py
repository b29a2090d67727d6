"""captcha-whisperer: a CRNN that reads captchas. Its own score is a product; ours is the mean."""

import cv2
import numpy as np
from captcha_whisperer import CaptchaRecognizer
from printing import Found, print_found

READER = CaptchaRecognizer()


def find(picture) -> Found:
    read = READER.recognize_bytes(cv2.imencode(".png", picture)[1].tobytes())
    if not read["text"]:
        return []
    return [{"label": "text", "score": np.mean(read["char_confidences"]), "text": read["text"]}]


print_found(find)
