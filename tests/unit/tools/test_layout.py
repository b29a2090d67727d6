"""The folders and the documents of the repository."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = 20
"""More in one folder are a list that nobody reads."""

PACKAGES = ("libs", "services", "sdk", "cli", "bench", "tools", "examples", "models")
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "deploy/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)")
PATH = re.compile(
    r"`((?:libs|services|sdk|cli|tests|bench|tools|examples|models|deploy|docs|proto|requirements)"
    r"/[\w./-]*)`"
)
MODULE = re.compile(r"`(framemesh(?:\.[A-Za-z_]\w*)+)")
SOURCES = tuple(ROOT.glob("*/src")) + tuple(ROOT.glob("*/*/src"))
MADE = ("node_modules", ".venv", "__pycache__")


def folders() -> Iterator[Path]:
    for package in PACKAGES:
        for folder in (ROOT / package).rglob("*/"):
            if not set(MADE) & set(folder.parts):
                yield folder


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page have."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


FILES_A_HOP = 8
"""Nobody should have to open more to follow a frame through one part of its way."""


def test_each_part_of_a_frames_way_is_told_by_at_most_eight_files() -> None:
    way = (ROOT / "docs/architecture.md").read_text()
    parts = re.split(r"^#+ ", way, flags=re.MULTILINE)
    files = {part.splitlines()[0]: re.findall(r"\]\(\S+\.py\)", part) for part in parts if part}
    assert sum(map(bool, files.values())) >= 9
    assert all(len(found) <= FILES_A_HOP for found in files.values())


def is_named_rightly(name: str) -> bool:
    """Whether `framemesh.a.b` is a package or a module, or something that is defined in one."""
    parts = name.split(".")
    for end in (len(parts), len(parts) - 1, len(parts) - 2):
        for root in SOURCES:
            place = root.joinpath(*parts[:end])
            if end > 1 and place.is_dir():
                return end >= len(parts) - 1
            if place.with_suffix(".py").is_file():
                return all(one in place.with_suffix(".py").read_text() for one in parts[end:])
    return False


def test_no_folder_has_more_than_20_modules() -> None:
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder in folders()
        if (count := len(list(folder.glob("*.py")))) > MODULES
    }
    assert not crowded


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        found = (page.parent / target).resolve()
        assert found.exists(), f"link to {target}"
        if anchor:
            assert anchor in anchors(found), f"link to {target}#{anchor}"
    for name in PATH.findall(text):
        assert any(ROOT.glob(name.rstrip("/."))), f"path {name}"
    for name in MODULE.findall(text):
        assert is_named_rightly(name), f"module {name}"


def test_every_decision_is_listed_once_and_in_order() -> None:
    folder = ROOT / "docs/adr"
    pages = sorted(page.name for page in folder.glob("0*.md"))
    assert re.findall(r"\]\((0\S+\.md)\)", (folder / "README.md").read_text()) == pages
    for page in pages:
        number = int(page.partition("-")[0])
        assert (folder / page).read_text().startswith(f"# {number}. ")
