"""Models that tell of the whole picture by one vector, and their answers read as their authors do
it."""

from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import Activation, DecoderSpec, Fit, InputSpec
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.reading import Reading

SIDE = 64
IMAGENET = InputSpec(
    "input",
    SIDE,
    SIDE,
    Fit.CENTER_CROP,
    scale=1 / 255,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    short_side=73,
)
UNIT = InputSpec("input", SIDE, SIDE, scale=1 / 255)
THRESHOLD = 0.1
LABELS = ("cat", "dog", "horse", "cow", "sheep")
LOGITS, LOGIT_SLOPES = np.array([[1.0, 2.5, -1.0, 1.5, 0.5]]), np.array([[0, 1.0, 0, -2.0, 0.5]])


def classification() -> FamilyModel:
    """Of logits."""
    graph = FamilyGraph.of(IMAGENET)
    graph.output("logits", LOGITS, LOGIT_SLOPES)
    decoder = DecoderSpec("classification", THRESHOLD, activation=Activation.SOFTMAX)
    return FamilyModel(
        graph.save(),
        IMAGENET,
        decoder,
        lambda answers: classes(softmax(answers["logits"])),
        labels=LABELS,
    )


def classification_of_probabilities() -> FamilyModel:
    graph = FamilyGraph.of(UNIT)
    graph.output(
        "output0",
        np.array([[0.4, 0.1, 0.3, 0.15, 0.05]]),
        np.array([[0.1, 0.0, -0.1, 0.0, 0.0]]),
    )
    return FamilyModel(
        graph.save(),
        UNIT,
        DecoderSpec("classification", THRESHOLD),
        lambda answers: classes(answers["output0"]),
        labels=LABELS,
    )


def one_score() -> FamilyModel:
    """How likely the second of two labels is."""
    graph = FamilyGraph.of(IMAGENET)
    graph.output("output", np.array([[-1.0]]), np.array([[1.5]]))
    decoder = DecoderSpec("classification", THRESHOLD, activation=Activation.SIGMOID)
    return FamilyModel(graph.save(), IMAGENET, decoder, _one_score, labels=("good", "defect"))


def _one_score(answers: Mapping[str, Values]) -> list[Reading]:
    defect = float(sigmoid(answers["output"])[0])
    return classes(np.array([1 - defect, defect]))


def multi_label() -> FamilyModel:
    graph = FamilyGraph.of(IMAGENET)
    graph.output("logits", LOGITS, LOGIT_SLOPES)
    decoder = DecoderSpec("multi-label", 0.5, activation=Activation.SIGMOID)
    return FamilyModel(
        graph.save(),
        IMAGENET,
        decoder,
        lambda answers: classes(sigmoid(answers["logits"]), 0.5),
        labels=LABELS,
    )


def embedding() -> FamilyModel:
    """Of a face, scaled to length 1."""
    spec = InputSpec("data", SIDE, SIDE, mean=(127.5, 127.5, 127.5), std=(128.0, 128.0, 128.0))
    vector = np.random.default_rng(5).normal(0, 2, (1, 128))
    graph = FamilyGraph.of(spec)
    graph.output("683", vector, vector[:, ::-1])
    decoder = DecoderSpec("embedding", normalize=True)
    return FamilyModel(graph.save(), spec, decoder, _embedding, labels=("face",))


def _embedding(answers: Mapping[str, Values]) -> list[Reading]:
    vector = answers["683"].astype(np.float64)
    return [Reading(0, 1.0, embedding=tuple((vector / np.sqrt((vector**2).sum())).tolist()))]


def classes(scores: Values, threshold: float = THRESHOLD) -> list[Reading]:
    sure = [number for number, score in enumerate(scores) if score >= threshold]
    return [Reading(number, float(scores[number])) for number in sure]


def softmax(logits: Values) -> Values:
    weights = np.exp(logits.astype(np.float64))
    return np.asarray(weights / weights.sum())


def sigmoid(logits: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "classification": classification,
    "classification-of-one-score": one_score,
    "classification-of-probabilities": classification_of_probabilities,
    "embedding": embedding,
    "multi-label": multi_label,
}
