"""Which family a file is of: by what the exporter wrote, then by names, then by shapes.

A guess that rests on shapes alone is taken only where the inference confirms it, and it alone. A
confident wrong answer would be worse than none.
"""

from dataclasses import dataclass

from framemesh.modeling.decoders.registry import DEMANDS
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.draft import draft
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.fit import served
from framemesh.modeling.recognition.guess import Evidence, Finding, Guess, Verdict, open_question
from framemesh.modeling.recognition.known_labels import KNOWN_LABELS, known_by_number
from framemesh.modeling.recognition.labels import labels_of
from framemesh.modeling.recognition.preparation import PREPARATIONS, UNKNOWN, Preparation
from framemesh.modeling.recognition.probe import Probe
from framemesh.modeling.recognition.result import Candidate, Candidates, Recognised
from framemesh.modeling.recognition.table import guesses

NOT_RUN = open_question("no inference was run")


@dataclass(frozen=True, slots=True)
class _Judged:
    guess: Guess
    finding: Finding

    @property
    def possible(self) -> bool:
        return self.finding.verdict is not Verdict.CONTRADICTED

    @property
    def sure(self) -> bool:
        """Whether it may be taken if it is alone."""
        if self.guess.evidence is Evidence.SHAPES:
            return self.finding.verdict is Verdict.CONFIRMED
        return self.possible


def recognise(
    facts: ModelFacts, choice: Choice, probe: Probe | None, *, batches: bool = True
) -> Recognised | Candidates:
    """
    Args:
        probe: one inference on a real image; None where none was run.
        batches: two images in one request worked, or were not tried.

    Raises:
        ModelInvalid: what the user chose does not fit the file, or the model's answers are no
            numbers.
    """
    if probe is not None:
        probe.check_finite(facts.file)
        facts = facts.observed(probe)
    judged = [_judge(guess, probe) for guess in _of_output(facts, choice)]
    if choice.decoder:
        return _chosen(facts, choice, judged, batches)
    taken = _taken(judged)
    if taken is not None and (preparation := _preparation(taken.guess, choice)) is not None:
        if labels_of(taken.guess, choice, facts.file)[0]:
            return _recognised(facts, choice, taken, preparation, batches)
        return _candidates([taken], judged, choice)
    return _candidates([taken] if taken is not None else judged, judged, choice)


def first_guess(facts: ModelFacts, choice: Choice) -> Guess | None:
    """The likeliest, for the input of the first inference."""
    found = guesses(facts)
    chosen = [guess for guess in found if guess.decoder == choice.decoder]
    return next(iter(chosen or found), None)


def _of_output(facts: ModelFacts, choice: Choice) -> list[Guess]:
    """What the file may be, if the output that the user names is read.

    Raises:
        ModelInvalid: it has no such output.
    """
    names = [output.name for output in facts.outputs]
    if choice.output and choice.output not in names:
        raise ModelInvalid(
            f"{facts.file}: --output {choice.output}: the model has {', '.join(names)}"
        )
    read = (None, choice.output or None)
    return [
        guess
        for guess in guesses(facts)
        if not choice.output or guess.options.get("output") in read
    ]


def _judge(guess: Guess, probe: Probe | None) -> _Judged:
    return _Judged(guess, NOT_RUN if probe is None else guess.confirm(probe))


def _taken(judged: list[_Judged]) -> _Judged | None:
    """The one that is sure; what rests on less is not even looked at."""
    for evidence in Evidence:
        level = [each for each in judged if each.guess.evidence is evidence]
        if not level:
            continue
        sure = [each for each in level if each.sure]
        if len(sure) > 1:
            sure = [each for each in sure if each.finding.verdict is Verdict.CONFIRMED]
        return sure[0] if len(sure) == 1 else None
    return None


def _chosen(
    facts: ModelFacts, choice: Choice, judged: list[_Judged], batches: bool
) -> Recognised | Candidates:
    found = [each for each in judged if each.guess.decoder == choice.decoder]
    possible = [each for each in found if each.possible]
    if found and not possible:
        raise ModelInvalid(
            f"{facts.file} is not for decoder {choice.decoder}: {found[0].finding.why}"
        )
    confirmed = [each for each in possible if each.finding.verdict is Verdict.CONFIRMED]
    possible = confirmed or possible
    if len(possible) > 1:  # of different outputs
        return _candidates(possible, [], choice)
    chosen = possible[0] if possible else _unrecognised(facts, choice)
    preparation = _preparation(chosen.guess, choice)
    if preparation is None or not labels_of(chosen.guess, choice, facts.file)[0]:
        return _candidates([chosen], [], choice)
    return _recognised(facts, choice, chosen, preparation, batches)


def _unrecognised(facts: ModelFacts, choice: Choice) -> _Judged:
    """A decoder that no recogniser named: its demand alone says whether it fits."""
    if choice.decoder not in DEMANDS:
        known = ", ".join(sorted(DEMANDS))
        raise ModelInvalid(
            f"{facts.file}: there is no decoder {choice.decoder}; there are: {known}"
        )
    why = "no recogniser names it, but its demands are met"
    guess = Guess(choice.decoder, choice.decoder, Evidence.SHAPES, why, UNKNOWN)
    return _Judged(guess, open_question(why))


def _preparation(guess: Guess, choice: Choice) -> Preparation | None:
    """What the user says, or the family's one custom."""
    if choice.preparation:
        return PREPARATIONS[choice.preparation]
    return guess.preparations[0] if len(guess.preparations) == 1 else None


def _recognised(
    facts: ModelFacts, choice: Choice, taken: _Judged, preparation: Preparation, batches: bool
) -> Recognised:
    options = taken.finding.options
    made = draft(facts, taken.guess, preparation, choice, options=options, batches=batches)
    manifest, unsupported = served(facts, made)
    return Recognised(taken.guess, made, taken.finding.why, manifest, unsupported)


def _candidates(possible: list[_Judged], judged: list[_Judged], choice: Choice) -> Candidates:
    found = [
        Candidate(each.guess, each.finding.why, _options(each.guess, choice), each.sure)
        for each in possible
        if each.possible
    ]
    rejected = [f"{each.guess.decoder}: {each.finding.why}" for each in judged if not each.possible]
    return Candidates(tuple(found), tuple(rejected))


def _options(guess: Guess, choice: Choice) -> str:
    """What to say to choose it."""
    options = [f"--decoder {guess.decoder}"]
    if "output" in guess.options:
        options.append(f"--output {guess.options['output']}")
    if choice.preparation:
        options.append(f"--prepare {choice.preparation}")
    elif len(guess.preparations) > 1:
        options.append("--prepare " + "|".join(each.name for each in guess.preparations))
    if not (guess.labels or choice.labels or choice.beside or choice.labels_from):
        if not guess.classes:
            options.append("--labels " + "|".join(("FILE", *KNOWN_LABELS)))
        elif as_many := known_by_number(guess.classes):
            options.append(f"[--labels {as_many}]")
    return " ".join(options)
