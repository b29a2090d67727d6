"""The ledger of a pipeline as it is declared."""

from datetime import timedelta

import pytest

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.documents.yaml_document import Located
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.runtime.messages import pipeline_message

MIB = 1024**2


def pipeline(fields: str) -> PipelineSpec:
    text = f"name: street\nstages: [{{name: people, model: person}}]\n{fields}\n"
    return Located(text, "street.yaml").read(PipelineSpec)


@pytest.mark.parametrize(
    ("text", "max_bytes", "max_age"),
    [
        ("", 256 * MIB, timedelta(hours=24)),
        ("buffer: {max_bytes: 64MiB}", 256 * MIB, timedelta(hours=24)),
        ("buffer: {max_bytes: 10GiB}", 2560 * MIB, timedelta(hours=24)),
        ("ledger: {max_bytes: 16MiB}", 16 * MIB, timedelta(hours=24)),
        ("ledger: {max_age: 90m}", 256 * MIB, timedelta(minutes=90)),
    ],
)
def test_the_ledger_follows_the_buffer_unless_its_size_is_said(
    text: str, max_bytes: int, max_age: timedelta
) -> None:
    spec = pipeline(text)
    check_pipeline(spec)
    assert (spec.ledger_max_bytes, spec.ledger.max_age) == (max_bytes, max_age)
    assert read(dump(spec), PipelineSpec, "stored") == spec
    assert pipeline_message.from_proto(pipeline_message.to_proto(spec)) == spec


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ledger: {max_bytes: 1MiB}", "line 3: ledger.max_bytes: input should be greater"),
        ("ledger: {max_age: 1m}", "line 3: ledger.max_age: use 5m to 720h, not '1m'"),
        ("ledger: {age: 1h}", "line 3: ledger.age: is not a field"),
    ],
)
def test_a_wrong_ledger_is_named_by_line_and_field(text: str, fault: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        pipeline(text)
    assert fault in str(refused.value)


def test_a_frame_must_not_outlive_the_outcomes() -> None:
    spec = pipeline("delivery: {fresh: {max_age: 2h}}\nledger: {max_age: 1h}")
    with pytest.raises(InvalidDocument, match=r"ledger\.max_age: use delivery\.fresh\.max_age"):
        check_pipeline(spec)
