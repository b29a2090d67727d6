"""The files that declare pipelines and models."""

from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.commands.pipeline import read_pipeline
from framemesh.cli.common.files import read_document
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.messages import pipeline_message


def test_a_pipeline_travels_with_all_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "street.yaml"
    path.write_text(
        """\
name: street
stages:
  - {name: people, model: person, model_version: 2, max_delay_ms: 20}
  - {name: hats, model: hat, crops_of: people, labels: [person]}
buffer: {streams: 2, shards: 8, replicas: 3, max_bytes: 5GiB}
workers:
  {min: 0, max: 8, objective: {age_p99: 500ms}, shrink_after: 1m,
   cpus: 1.5, memory: 2GiB, gpus: 1, node_labels: {zone: hall}}
delivery:
  {fresh: {max_age: 1s}, order: per_camera, high_priority: [gate], max_attempts: 4, damaged: dead}
ledger: {max_bytes: 1GiB, max_age: 2h}
rollout: {deadline: 1m, watch: 30s, max_dead: 50%, max_age_p99: 2s, canary: 25%}
tracing: {sample: 5%}
"""
    )
    assert pipeline_message.to_proto(read_pipeline(path)) == pipeline_pb2.PipelineSpec(
        name="street",
        stages=[
            pipeline_pb2.Stage(name="people", model="person", model_version=2, max_delay_ms=20),
            pipeline_pb2.Stage(
                name="hats", model="hat", for_each=["people"], labels=["person"], max_delay_ms=5
            ),
        ],
        buffer=pipeline_pb2.Buffer(streams=2, shards=8, replicas=3, max_bytes=5 * 1024**3),
        workers=pipeline_pb2.Workers(
            min=0,
            max=8,
            objective=pipeline_pb2.Objective(age_p99=Duration(nanos=500_000_000)),
            shrink_after=Duration(seconds=60),
            cpus=1.5,
            memory=2 * 1024**3,
            gpus=1,
            node_labels={"zone": "hall"},
        ),
        delivery=pipeline_pb2.Delivery(
            fresh=pipeline_pb2.Fresh(max_age=Duration(seconds=1)),
            order=pipeline_pb2.ORDER_PER_CAMERA,
            high_priority=["gate"],
            max_attempts=4,
            damaged=pipeline_pb2.DAMAGED_PICTURES_DEAD,
        ),
        ledger=pipeline_pb2.Ledger(max_bytes=1024**3, max_age=Duration(seconds=7200)),
        rollout=pipeline_pb2.Rollout(
            deadline=Duration(seconds=60),
            watch=Duration(seconds=30),
            max_dead=0.5,
            max_age_p99=Duration(seconds=2),
            canary=0.25,
        ),
        tracing=pipeline_pb2.Tracing(sample=0.05),
    )


def test_labels_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        """\
name: person
file: 1/model.onnx
labels: labels.txt
input: {name: images, width: 320, height: 320}
decoder: {name: centernet}
"""
    )
    (tmp_path / "labels.txt").write_text("person\nbicycle\n\n")
    (tmp_path / "1").mkdir()
    (tmp_path / "1/model.onnx").write_bytes(b"onnx")

    model = read_model_folder(tmp_path)

    assert model.manifest.labels == ("person", "bicycle")
    assert model.file == tmp_path / "1/model.onnx"


def test_labels_may_be_a_set_that_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    for name, count in (("coco", 80), ("coco-90", 90), ("imagenet", 1000)):
        (tmp_path / "model.yaml").write_text(
            f"name: things\nfile: model.onnx\nlabels: {name}\n"
            "input: {name: input, width: 4, height: 4}\ndecoder: {name: ssd}\n"
        )
        assert len(read_model_folder(tmp_path).manifest.labels) == count
    (tmp_path / "imagenet").write_text("my own\n")
    assert read_model_folder(tmp_path).manifest.labels == ("my own",)


def test_labels_are_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        "name: digits\nfile: model.onnx\nlabels: [0, 007, yes, No, 1.50, 2020-01-01, 'on', car]\n"
        "input: {name: images, width: 320, height: 320}\ndecoder: {name: classification}\n"
    )
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    labels = read_model_folder(tmp_path).manifest.labels
    assert labels == ("0", "007", "yes", "No", "1.50", "2020-01-01", "on", "car")


@pytest.mark.parametrize("item", ["", "~", "[a]", "{a: b}"])
def test_a_label_that_is_no_word_is_refused_with_its_line(item: str, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        f"name: digits\nfile: model.onnx\nlabels:\n- car\n- {item}\n"
        "input: {name: images, width: 320, height: 320}\ndecoder: {name: classification}\n"
    )
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    with pytest.raises(InvalidDocument, match=r"line 5: labels\[1\]"):
        read_model_folder(tmp_path)


def test_a_blank_line_among_labels_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        "name: digits\nfile: model.onnx\nlabels: names.txt\n"
        "input: {name: images, width: 320, height: 320}\ndecoder: {name: classification}\n"
    )
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    (tmp_path / "names.txt").write_text("car\n\nbus\n\n")
    with pytest.raises(InvalidDocument, match=r"line 3: labels: .*names\.txt: line 2 is blank"):
        read_model_folder(tmp_path)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        "name: person\nfile: model.onnx\nlabels: labels.txt\n"
        "input: {name: images, width: 320, height: 320}\ndecoder: {name: centernet}\n",
        encoding="utf-8-sig",
    )
    (tmp_path / "labels.txt").write_bytes(b"\xef\xbb\xbfperson\r\nbicycle\r\n")
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    (tmp_path / "street.yaml").write_text(
        "name: street\nstages: [{name: people, model: person}]\n", encoding="utf-8-sig"
    )

    manifest = read_model_folder(tmp_path).manifest

    assert (manifest.name, manifest.labels) == ("person", ("person", "bicycle"))
    assert read_document(tmp_path / "street.yaml").read(PipelineSpec).name == "street"
