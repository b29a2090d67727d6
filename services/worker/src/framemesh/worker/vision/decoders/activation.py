"""From logits to probabilities."""

import numpy as np

from framemesh.worker.vision.decoders.decoder import Array


def sigmoid(logits: Array) -> Array:
    """Without an overflow, whatever the size of the logits."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(logits, np.float32))), np.float32)


def softmax(logits: Array) -> Array:
    """Over the last dimension."""
    values = np.asarray(logits, np.float32)
    weights = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float32)
