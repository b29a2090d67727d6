"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.listed.columns import EfficientNms, TfDetection
from framemesh.worker.vision.decoders.listed.rows import DetectionOutput, Paddle, Yolov7Nms
from framemesh.worker.vision.decoders.listed.torchvision import Torchvision

DECODERS: Mapping[str, MakeDecoder] = {
    "detection-output": DetectionOutput,
    "efficient-nms": EfficientNms,
    "paddle": Paddle,
    "tf-detection": TfDetection,
    "torchvision": Torchvision,
    "yolov7-nms": Yolov7Nms,
}
