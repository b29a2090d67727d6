"""What the user says of a model beside its file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """Empty where the user does not say."""

    name: str = ""
    decoder: str = ""
    output: str = ""
    """Of a file with several heads: the one that is read."""
    preparation: str = ""
    """One of preparation.PREPARATIONS."""
    labels: tuple[str, ...] = ()
    labels_from: str = ""
    """Where the labels are from; a name of KNOWN_LABELS: its own, as many as the model has
    classes."""
    beside: tuple[str, ...] = ()
    """The names in a file that lies beside the model: taken where the model has as many classes."""
    beside_file: str = ""
    size: tuple[int, int] | None = None
    """Width and height, for a file that leaves them open."""
