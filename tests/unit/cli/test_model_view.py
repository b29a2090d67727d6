import json

from framemesh.api.master.v1 import model_pb2
from framemesh.cli.views.model import details, promoted, submitted


def test_a_model_is_shown_with_its_labels_file_and_pipelines() -> None:
    manifest = {"labels": [str(n) for n in range(15)], "input": {"width": 640, "height": 480}}
    answer = model_pb2.GetModelResponse(
        model=model_pb2.Model(
            name="things",
            version=3,
            decoder="yolov8",
            size_bytes=12_000_000,
            digest="ab12",
            current_version=3,
        ),
        manifest=json.dumps(manifest),
        users=[
            model_pb2.ModelUser(pipeline="street", version=3, follows_promotions=True),
            model_pb2.ModelUser(pipeline="yard", version=2),
            model_pb2.ModelUser(pipeline="lane"),
        ],
        previous_version=2,
    )
    assert list(details(answer)) == [
        "model things, version 3, the current one (before it 2)",
        "  decoder    yolov8",
        "  input      640 x 480",
        "  labels     0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more",
        "  file       12.0 MB, SHA-256 ab12",
        (
            "  pipelines  street (version 3, follows promotions), yard (version 2), "
            "lane (its entry cannot be read)"
        ),
    ]


def test_a_promotion_tells_what_it_changed_and_how_to_go_back() -> None:
    promotion = model_pb2.Promotion(
        model=model_pb2.Model(name="things", version=3),
        previous_version=2,
        pipelines={"yard": 4, "street": 7},
    )
    assert list(promoted(promotion)) == [
        "version 3 of model things is the current one",
        "pipeline street is at revision 7",
        "pipeline yard is at revision 4",
        "back to version 2: framemesh model rollback things",
    ]


def test_a_submission_that_nothing_gets_yet_says_so() -> None:
    model = model_pb2.Model(name="things", version=3, size_bytes=2_000_000, current_version=2)
    assert list(submitted(model)) == [
        "model things is at version 3 (2.0 MB)",
        "version 2 stays the current one until: framemesh model promote things 3",
    ]
