"""Readers of a line of text, trained with CTC (connectionist temporal classification)."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetail, RawDetection
from framemesh.worker.vision.decoders.vectors.probabilities import to_probabilities

LABEL = "text"
"""Of what is found; the labels of the manifest are the alphabet."""


class Ctc:
    """Reads [steps, letters + 1], perhaps with a 1 before or between them: for each step along the
    line, a score for each letter and for the blank.

    The likeliest is taken at each step; a letter that follows itself without a blank is one letter.
    The score is the mean probability of the letters.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._steps = binding.tensors["steps"]
        last = len(binding.labels)
        self._blank = last if spec.blank == -1 else spec.blank
        alphabet = list(binding.labels)
        alphabet.insert(self._blank, "")
        self._alphabet = alphabet

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        values = outputs[self._steps]
        values = values.reshape(-1, values.shape[-1])
        if not len(values):
            return []
        probabilities = to_probabilities(self._steps, values, self._spec.activation)
        likeliest = probabilities.argmax(axis=1)
        changed = np.diff(likeliest, prepend=-1) != 0
        letters = np.flatnonzero(changed & (likeliest != self._blank))
        if not len(letters):
            return []
        score = min(1.0, float(probabilities[letters, likeliest[letters]].mean()))
        if score < self._spec.score_threshold:
            return []
        text = "".join(self._alphabet[at] for at in likeliest[letters].tolist())
        return [RawDetection(0, score, None, RawDetail(text=text), label=LABEL)]
