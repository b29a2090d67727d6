"""The glossary is a table: one row a word."""

import tomllib
from itertools import pairwise

from tools import glossary


def terms() -> list[dict[str, str]]:
    groups = tomllib.loads(glossary.TABLE.read_text())["group"]
    return [term for group in groups for term in group["term"]]


def test_the_page_is_made_from_the_table() -> None:
    assert glossary.PAGE.read_text() == glossary.page()


def test_no_word_is_there_twice_and_each_has_one_or_two_sentences() -> None:
    names = [term["name"] for term in terms()]
    assert len(set(names)) == len(names)
    for term in terms():
        assert term["meaning"].endswith(".")
        assert len(term["meaning"].split(". ")) <= 2, term["name"]
        assert "|" not in term["meaning"] + term["elsewhere"]


def test_words_are_grouped_as_the_page_has_them() -> None:
    page = glossary.page()
    places = [page.index(f"| {term['name']} |") for term in terms()]
    assert all(one < other for one, other in pairwise(places))
