"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.yolo.class_scores import YoloV8
from framemesh.worker.vision.decoders.yolo.end_to_end import YoloEndToEnd
from framemesh.worker.vision.decoders.yolo.nas import YoloNas
from framemesh.worker.vision.decoders.yolo.objectness import YoloV5, YoloX
from framemesh.worker.vision.decoders.yolo.oriented import YoloV8Oriented

DECODERS: Mapping[str, MakeDecoder] = {
    "yolo-end2end": YoloEndToEnd,
    "yolo-nas": YoloNas,
    "yolov5": YoloV5,
    "yolov5-seg": YoloV5,
    "yolov8": YoloV8,
    "yolov8-obb": YoloV8Oriented,
    "yolov8-pose": YoloV8,
    "yolov8-seg": YoloV8,
    "yolox": YoloX,
}
