"""Where the workers of a service may be, as constraints of Docker."""

from collections.abc import Collection, Iterable

_HOST_NAME = "node.hostname!="
_LABEL = "node.labels."


def constraints(node_labels: Iterable[tuple[str, str]], avoided: Collection[str]) -> list[str]:
    """Nodes with all these labels, and not of these names."""
    return [
        *(f"{_LABEL}{name}=={value}" for name, value in node_labels),
        *(f"{_HOST_NAME}{name}" for name in sorted(avoided)),
    ]


def avoided(constraints: Iterable[str]) -> frozenset[str]:
    """The names of the nodes that are excluded."""
    found = (each for each in constraints if each.startswith(_HOST_NAME))
    return frozenset(each.removeprefix(_HOST_NAME) for each in found)


def node_labels(constraints: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The labels that a node has to have."""
    found = (each.removeprefix(_LABEL) for each in constraints if each.startswith(_LABEL))
    pairs = (each.partition("==") for each in found)
    return tuple((name, value) for name, equals, value in pairs if equals)
