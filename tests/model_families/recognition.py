"""Recognition of a file with an inference in this process."""

from pathlib import Path

from framemesh.cli.inspection.inputs import trial_inputs
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.draft import input_size
from framemesh.modeling.recognition.facts import read_facts
from framemesh.modeling.recognition.preparation import UNIT
from framemesh.modeling.recognition.probe import Probe
from framemesh.modeling.recognition.recognise import first_guess, recognise
from framemesh.modeling.recognition.result import Candidates, Recognised
from tests.model_families.graphs import run
from tests.model_families.planted import picture


def look(path: Path, content: bytes, choice: Choice = Choice()) -> Recognised | Candidates:  # noqa: B008
    """With a picture of noise; `content` is written to `path`."""
    path.write_bytes(content)
    facts = read_facts(path)
    guess = first_guess(facts, choice)
    width, height, _ = input_size(facts, guess, choice)
    preparation = guess.preparations[0] if guess else UNIT
    inputs = trial_inputs(facts, picture("landscape"), preparation, (width, height))
    return recognise(facts, choice, Probe(run(content, inputs), 0.01))
