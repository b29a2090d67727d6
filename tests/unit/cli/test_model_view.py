import json

from framemesh.api.master.v1 import model_pb2
from framemesh.cli.views.model import details


def test_a_model_is_shown_with_its_labels_file_and_pipelines() -> None:
    manifest = {"labels": [str(n) for n in range(15)], "input": {"width": 640, "height": 480}}
    answer = model_pb2.GetModelResponse(
        model=model_pb2.Model(
            name="things", version=3, decoder="yolov8", size_bytes=12_000_000, digest="ab12"
        ),
        manifest=json.dumps(manifest),
        pipelines=["street", "yard"],
    )
    assert list(details(answer)) == [
        "model things, version 3",
        "  decoder    yolov8",
        "  input      640 x 480",
        "  labels     0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more",
        "  file       12.0 MB, SHA-256 ab12",
        "  pipelines  street, yard",
    ]
