"""Subjects, and the wildcards that stand for them."""

from collections.abc import Sequence


def matches(pattern: str, subject: str) -> bool:
    """Whether `subject` is one that `pattern` stands for."""
    wanted, tokens = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(tokens) >= len(wanted) and _all_match(wanted[:-1], tokens)
    return len(tokens) == len(wanted) and _all_match(wanted, tokens)


def _all_match(wanted: Sequence[str], tokens: Sequence[str]) -> bool:
    return all(want in {"*", token} for want, token in zip(wanted, tokens, strict=False))
