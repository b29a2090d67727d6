"""Files that are known by the names of their outputs, and by their forms where they have others:
lists of boxes, faces, grids, maps and poses."""

from collections.abc import Mapping

import numpy as np

from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.priors import retinaface_priors, yunet_priors
from tests.model_families.signatures import SIDE, Signature, channels, ultralytics

THINGS = 5
ROWS = 100
CORNERS = np.array([[10, 20, 200, 300]] * THINGS, np.float32)
"""In pixels."""
SCORES = np.linspace(0.9, 0.3, THINGS, dtype=np.float32)
CLASSES = np.array([1, 7, 3, 1, 44], np.float32)


def _listed(values: Values, rest: float = 0) -> Values:
    """[1, ROWS, ...]: those of things, then the same value for all that is none."""
    filled = np.full((1, ROWS, *values.shape[1:]), rest, np.float32)
    filled[0, :THINGS] = values
    return filled


def _rt_detr(declared: bool = True) -> FamilyGraph:
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.second_input("orig_target_sizes", (1, 2), np.int64)
    queries: list[int | str] = [1, ROWS if declared else "queries"]
    graph.output("labels", _listed(CLASSES), dtype=np.int64, declared=queries)
    graph.output("boxes", _listed(CORNERS), declared=[*queries, 4])
    graph.output("scores", _listed(SCORES), declared=queries)
    return graph


def _torchvision(masks: bool = False) -> FamilyGraph:
    graph = FamilyGraph("image", (1, 3, 800, 800))
    graph.output("boxes", CORNERS, declared=["n", 4])
    graph.output("labels", CLASSES, dtype=np.int64, declared=["n"])
    graph.output("scores", SCORES, declared=["n"])
    if masks:
        graph.output("masks", np.ones((THINGS, 1, 28, 28)), declared=["n", 1, 28, 28])
    return graph


def _tensorflow(more: bool = False) -> FamilyGraph:
    graph = FamilyGraph("input_tensor", (1, 320, 320, 3), np.uint8, 255)
    if more:
        graph.output("detection_anchor_indices", np.arange(ROWS)[None])
        graph.output("detection_multiclass_scores", np.zeros((1, ROWS, 91)))
    graph.output("detection_boxes", _listed(CORNERS[:, [1, 0, 3, 2]] / SIDE))
    graph.output("detection_classes", _listed(CLASSES, 1))
    graph.output("detection_scores", _listed(SCORES))
    graph.output("num_detections", np.array([THINGS]))
    return graph


def _efficient_nms() -> FamilyGraph:
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("num_dets", np.array([[THINGS]]), dtype=np.int32)
    graph.output("det_boxes", _listed(CORNERS))
    graph.output("det_scores", _listed(SCORES))
    graph.output("det_classes", _listed(CLASSES), dtype=np.int32)
    return graph


def _yunet() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, SIDE, SIDE))
    for kind, columns in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            graph.output(f"{kind}_{stride}", np.full((1, (SIDE // stride) ** 2, columns), 0.2))
    return graph


def _yunet_2021() -> FamilyGraph:
    count = len(list(yunet_priors(160, 120)))
    graph = FamilyGraph("input", (1, 3, 120, 160))
    graph.output("loc", np.full((count, 14), -0.4))
    graph.output("conf", np.tile([0.9, 0.1], (count, 1)))
    graph.output("iou", np.full((count, 1), 0.3))
    return graph


def _retinaface() -> FamilyGraph:
    count = len(list(retinaface_priors(SIDE, SIDE)))
    graph = FamilyGraph("input", (1, 3, SIDE, SIDE))
    graph.output("bbox", np.full((1, count, 4), -0.4))
    graph.output("confidence", np.tile([0.9, 0.1], (1, count, 1)))
    graph.output("landmark", np.full((1, count, 10), 0.3))
    return graph


def _scrfd(strides: tuple[int, ...], anchors: int, kinds: tuple[int, ...]) -> FamilyGraph:
    graph = FamilyGraph("input.1", (1, 3, SIDE, SIDE))
    for number, width in enumerate(kinds):
        for stride in strides:
            places = anchors * (SIDE // stride) ** 2
            graph.output(f"{440 + stride * 3 + number}", np.full((places, width), 0.3))
    return graph


def _picodet() -> FamilyGraph:
    graph = FamilyGraph("image", (1, 3, 416, 416))
    for kind, columns in (("scores", 80), ("distances", 32)):
        for stride in (8, 16, 32, 64):
            values = np.full((1, (-(-416 // stride)) ** 2, columns), 0.1)
            values[..., ::8] *= 1 if kind == "scores" else -30
            graph.output(f"transpose_{kind}_{stride}", values)
    return graph


def _nanodet() -> FamilyGraph:
    values = np.full((1, 3598, 80 + 32), 0.1, np.float32)
    values[..., 80:] = np.tile([4, -1, -3, -5], 8)
    graph = FamilyGraph("data", (1, 3, 416, 416))
    graph.output("output", values)
    return graph


def _yolov5_segments() -> FamilyGraph:
    values = np.zeros((1, 25200, 117), np.float32)
    values[0, 100, :6] = (320, 320, 60, 90, 0.99, 0.9)
    values[0, 100, 85:] = -4
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("output0", values)
    graph.output("output1", np.zeros((1, 32, 160, 160)))
    return graph


def _places_first() -> FamilyGraph:
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("output0", channels(84, 80).transpose(0, 2, 1))
    return graph


def _larger_places_first() -> FamilyGraph:
    """With a grid of stride 4 as well: as many places as no usual grids have."""
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("output0", channels(84, 80, places=34000).transpose(0, 2, 1))
    return graph


def _segments_places_first() -> FamilyGraph:
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("output0", channels(116, 80).transpose(0, 2, 1))
    graph.output("output1", np.zeros((1, 32, 160, 160)))
    return graph


def _rows_with(columns: int, *more: float) -> FamilyGraph:
    values = np.zeros((1, 300, columns), np.float32)
    values[0, :2] = (10, 20, 200, 300, 0.9, 0, *more)
    graph = FamilyGraph("images", (1, 3, SIDE, SIDE))
    graph.output("output0", values)
    return graph


def _rows_with_masks() -> FamilyGraph:
    graph = _rows_with(38, *np.linspace(-2, 2, 32))
    graph.output("output1", np.zeros((1, 32, 160, 160)))
    return graph


def _anomalib() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, 256, 256))
    anomalies = np.full((1, 1, 256, 256), 0.1, np.float32)
    anomalies[0, 0, 40:80, 60:90] = 0.9
    graph.output("pred_score", np.array([[0.9]]))
    graph.output("pred_label", np.array([[1]]), dtype=np.bool_)
    graph.output("anomaly_map", anomalies)
    graph.output("pred_mask", anomalies > 0.5, dtype=np.bool_)
    return graph


def _simcc() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, 256, 192))
    graph.output("simcc_x", np.ones((1, 17, 384)))
    graph.output("simcc_y", np.ones((1, 17, 512)))
    return graph


def _movenet(people: int) -> FamilyGraph:
    graph = FamilyGraph("input", (1, 192, 192, 3), np.int32, 255)
    shape = (1, people, 56) if people > 1 else (1, 1, 17, 3)
    graph.output("output_0", np.full(shape, 0.4))
    return graph


def _one_output(name: str, values: Values, width: int, height: int) -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, height, width))
    graph.output(name, values)
    return graph


def _heat_maps(name: str) -> FamilyGraph:
    return _one_output(name, np.full((1, 17, 64, 48), 0.1), 192, 256)


def _two_heads() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, 96, 96))
    graph.output("gender", np.array([[1.0, 2.0]]))
    graph.output("age", np.linspace(-1, 5, 101)[None])
    return graph


def _reader() -> FamilyGraph:
    steps = np.full((1, 40, 97), 1 / 97)
    return _one_output("softmax_0.tmp_0", steps, 320, 48)


def _centernet() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, 256, 256))
    graph.output("heatmap", np.full((1, 2, 64, 64), 0.1))
    graph.output("boxes", np.full((1, 4, 64, 64), 0.1))
    return graph


NAMED_SIGNATURES: Mapping[str, Signature] = {
    "RT-DETR": Signature("rt-detr", _rt_detr, {}, told=False),
    "RT-DETR of open queries": Signature("rt-detr", lambda: _rt_detr(False), {}, told=False),
    "torchvision": Signature("torchvision", _torchvision, {}, told=False),
    "Mask R-CNN": Signature("torchvision", lambda: _torchvision(True), {}, told=False),
    "TensorFlow": Signature("tf-detection", _tensorflow, {}, told=False),
    "TensorFlow with all": Signature("tf-detection", lambda: _tensorflow(True), {}, told=False),
    "EfficientNMS": Signature("efficient-nms", _efficient_nms, {}, told=False),
    "YuNet": Signature("yunet", _yunet, {}),
    "YuNet of 2021": Signature("yunet-2021", _yunet_2021, {}),
    "RetinaFace": Signature("retinaface", _retinaface, {}),
    "SCRFD of 6": Signature("scrfd", lambda: _scrfd((8, 16, 32), 2, (1, 4)), {}, told=False),
    "SCRFD of 9": Signature("scrfd", lambda: _scrfd((8, 16, 32), 2, (1, 4, 10)), {}),
    "SCRFD of 10": Signature(
        "scrfd", lambda: _scrfd((8, 16, 32, 64, 128), 1, (1, 4)), {}, told=False
    ),
    "SCRFD of 15": Signature("scrfd", lambda: _scrfd((8, 16, 32, 64, 128), 1, (1, 4, 10)), {}),
    "PicoDet": Signature("picodet", _picodet, {}),
    "NanoDet-Plus": Signature("nanodet", _nanodet, {}),
    "YOLOv5-seg": Signature(
        "yolov5-seg", _yolov5_segments, {"stride": "32", "names": str([*map(str, range(80))])}
    ),
    "YOLOv8 with places first": Signature("yolov8", _places_first, {}, told=False),
    "YOLOv8 of four grids with places first": Signature(
        "yolov8", _larger_places_first, {}, told=False
    ),
    "YOLOv8-seg with places first": Signature("yolov8-seg", _segments_places_first, {}, told=False),
    "YOLO26-seg": Signature(
        "yolo-end2end", _rows_with_masks, ultralytics("segment", 80, end2end="True")
    ),
    "YOLO26-pose": Signature(
        "yolo-end2end",
        lambda: _rows_with(57, *np.tile([120, 210, 0.8], 17)),
        ultralytics("pose", 1, end2end="True", kpt_shape="[17, 3]"),
    ),
    "YOLO26-obb": Signature(
        "yolo-end2end", lambda: _rows_with(7, 0.5), ultralytics("obb", 15, end2end="True")
    ),
    "anomalib of four outputs": Signature("anomaly", _anomalib, {}),
    "RTMPose": Signature("simcc", _simcc, {}),
    "MoveNet": Signature("movenet", lambda: _movenet(1), {}),
    "MoveNet of several people": Signature("movenet", lambda: _movenet(6), {}),
    "ViTPose": Signature("heatmap-pose", lambda: _heat_maps("heatmaps"), {}),
    "HRNet": Signature("heatmap-pose", lambda: _heat_maps("2947"), {}, told=False),
    "two heads": Signature("classification", _two_heads, {}, told=False),
    "a reader": Signature("ctc", _reader, {}, told=False),
    "CenterNet": Signature("centernet", _centernet, {}, told=False),
    "depth": Signature(
        "depth", lambda: _one_output("predicted_depth", np.ones((1, 518, 518)), 518, 518), {}
    ),
}
