"""What the decoders of one vector and of text read, compared with references written anew here."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder

Values = NDArray[Any]


def floats(values: Sequence[Any]) -> Values:
    return np.array(values, np.float32)


def decoded(
    spec: DecoderSpec, outputs: Mapping[str, Values], labels: Sequence[str]
) -> list[RawDetection]:
    manifest = ModelManifest("vector", "v.onnx", tuple(labels), InputSpec("input", 64, 48), spec)
    shapes = {name: values.shape for name, values in outputs.items()}
    return make_decoder(spec, bind_decoder(manifest, shapes)).decode(outputs)


def scores_of(activation: Activation, values: list[float], name: str) -> dict[int, float]:
    spec = DecoderSpec(name, 0.0, activation=activation)
    labels = [f"class {at}" for at in range(len(values))]
    return {one.class_id: one.score for one in decoded(spec, {"out": floats(values)}, labels)}


@pytest.mark.parametrize("seed", range(5))
def test_scores_follow_the_activation(seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, 6)
    exclusive = np.exp(logits) / np.exp(logits).sum()
    single = 1 / (1 + np.exp(-logits))
    for activation, name, given, expected in [
        (Activation.AUTO, "classification", logits, exclusive),
        (Activation.AUTO, "classification", exclusive, exclusive),
        (Activation.SOFTMAX, "classification", logits, exclusive),
        (Activation.NONE, "classification", exclusive, exclusive),
        (Activation.SIGMOID, "multi-label", logits, single),
        (Activation.NONE, "multi-label", single, single),
    ]:
        found = scores_of(activation, given.tolist(), name)
        assert found == pytest.approx(dict(enumerate(expected)), abs=1e-5)


def test_several_labels_can_be_true_at_once() -> None:
    spec = DecoderSpec("multi-label", 0.5, activation=Activation.SIGMOID)
    logits = floats([2.0, -2.0, 1.0, -3.0, 0.1])
    found = decoded(spec, {"out": logits}, ["hat", "bag", "coat", "bike", "dog"])
    assert [one.class_id for one in found] == [0, 2, 4]
    assert [one.score for one in found] == pytest.approx([0.8808, 0.7311, 0.5250], abs=1e-4)


def test_scores_that_may_be_either_are_an_error_of_the_model() -> None:
    with pytest.raises(InferenceFailed, match=r"from 0\.1192 to 0\.8808, .*decoder multi-label"):
        scores_of(Activation.AUTO, [0.8808, 0.1192, 0.7311], "classification")


@pytest.mark.parametrize("name", ["classification", "multi-label"])
def test_percent_is_an_error_of_the_model(name: str) -> None:
    with pytest.raises(InferenceFailed, match=r"output out has values from 2 to 90"):
        scores_of(Activation.NONE, [90, 2, 8], name)


def test_multi_label_needs_to_know_what_its_numbers_are() -> None:
    with pytest.raises(ModelInvalid, match=r"decoder.activation: multi-label needs sigmoid if"):
        scores_of(Activation.AUTO, [0.1, 0.2], "multi-label")


def test_a_single_score_is_refused_where_softmax_would_make_it_1() -> None:
    for activation in (Activation.AUTO, Activation.SOFTMAX):
        with pytest.raises(ModelInvalid, match=r"is a single score, of which softmax makes 1"):
            scores_of(activation, [0.01], "classification")


@pytest.mark.parametrize(
    ("activation", "value", "score"),
    [(Activation.NONE, 0.01, 0.01), (Activation.SIGMOID, 2.0, 0.8808)],
)
def test_a_single_score_is_that_of_its_label_or_of_the_second_of_two(
    activation: Activation, value: float, score: float
) -> None:
    spec = DecoderSpec("classification", 0.0, activation=activation)
    outputs = {"prob": floats([value])}
    (found,) = decoded(spec, outputs, ["defect"])
    assert found.class_id == 0
    assert found.score == pytest.approx(score, abs=1e-4)
    both = {one.class_id: one.score for one in decoded(spec, outputs, ["good", "defect"])}
    assert both == pytest.approx({0: 1 - score, 1: score}, abs=1e-4)
    with pytest.raises(ModelInvalid, match=r"at most 2 classes and its manifest 3 labels"):
        decoded(spec, outputs, ["good", "bad", "ugly"])


def test_one_head_of_several_is_chosen() -> None:
    heads = {"gender": floats([1.0, 2.0]), "age": np.zeros(101, np.float32)}
    spec = DecoderSpec("classification", output="gender")
    (found,) = decoded(spec, heads, ["male", "female"])
    assert found.class_id == 1


@pytest.mark.parametrize("shape", [(512,), (512, 1, 1)])
def test_an_embedding_is_the_models_vector(shape: tuple[int, ...]) -> None:
    vector = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    flat = vector.reshape(-1)
    for normalize, expected in ((False, flat), (True, flat / np.sqrt((flat**2).sum()))):
        spec = DecoderSpec("embedding", normalize=normalize)
        (found,) = decoded(spec, {"683": vector}, ["face"])
        assert found.detail is not None
        assert found.box is None
        np.testing.assert_allclose(found.detail.embedding, expected, rtol=1e-5)


def test_a_vector_without_a_direction_cannot_be_normalized() -> None:
    with pytest.raises(InferenceFailed, match=r"output 683 is 0 everywhere"):
        decoded(DecoderSpec("embedding", normalize=True), {"683": np.zeros(4)}, ["face"])


ALPHABET = "abc "


def spoken(steps: Values, blank: int) -> tuple[str, float]:
    """A line read as CTC defines it: the best path, repeats merged, blanks removed."""
    letters = [*ALPHABET[:blank], None, *ALPHABET[blank:]]
    text, sure = "", []
    for number, group in itertools.groupby(enumerate(steps), lambda each: int(each[1].argmax())):
        letter = letters[number]
        if letter is not None:
            text += letter
            sure.append(next(iter(group))[1].max())
    return text, float(np.mean(sure)) if sure else 0.0


@pytest.mark.parametrize("blank", [0, 2, -1])
@pytest.mark.parametrize("seed", range(5))
def test_text_is_read_as_ctc_defines_it(seed: int, blank: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (40, 5)).astype(np.float32)
    logits[np.arange(40), np.repeat(random.integers(0, 5, 20), 2)] += 4
    steps = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    text, score = spoken(steps, 4 if blank == -1 else blank)
    assert text
    for values, activation in (
        (logits, Activation.AUTO),
        (steps, Activation.AUTO),
        (logits, Activation.SOFTMAX),
        (steps[np.newaxis], Activation.NONE),
    ):
        spec = DecoderSpec("ctc", 0.0, blank=blank, activation=activation)
        (found,) = decoded(spec, {"softmax_0.tmp_0": values}, ALPHABET)
        assert found.detail is not None
        assert (found.label, found.detail.text) == ("text", text)
        assert found.score == pytest.approx(score, abs=1e-5)


def test_a_line_of_blanks_or_of_faint_letters_is_no_text() -> None:
    blanks = floats([[0.9, 0.1, 0, 0, 0]] * 3)
    faint = floats([[0.3, 0.4, 0.1, 0.1, 0.1]] * 3)
    for steps in (blanks, faint, np.zeros((0, 5), np.float32)):
        spec = DecoderSpec("ctc")
        manifest = ModelManifest("r", "r.onnx", tuple(ALPHABET), InputSpec("x", 64, 48), spec)
        reader = make_decoder(spec, bind_decoder(manifest, {"out": (-1, 5)}))
        assert reader.decode({"out": steps}) == []


def test_a_blank_beyond_the_classes_is_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"decoder.blank: it is 5, and output out .* 0 to 4"):
        decoded(DecoderSpec("ctc", blank=5), {"out": np.zeros((9, 5))}, ALPHABET)


def test_an_alphabet_of_another_length_is_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"has 4 classes and its manifest 5 labels"):
        decoded(DecoderSpec("ctc"), {"out": np.zeros((9, 5))}, ALPHABET + "d")


@pytest.mark.parametrize(
    ("spec", "able"),
    [
        (DecoderSpec("embedding", activation=Activation.SIGMOID), "classification, ctc"),
        (DecoderSpec("embedding", blank=-1), r"\(ctc\)"),
        (DecoderSpec("embedding", low=1), "anomaly, depth"),
        (DecoderSpec("ctc", normalize=True), r"\(embedding\)"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(spec: DecoderSpec, able: str) -> None:
    with pytest.raises(ModelInvalid, match=rf"does not heed it: remove it, or .*{able}"):
        decoded(spec, {"out": np.zeros((4, 5))}, ALPHABET)
