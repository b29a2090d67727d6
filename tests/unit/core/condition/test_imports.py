"""Who knows of conditions does not load their parser before there is one to parse."""

import subprocess
import sys

import pytest

HERE = "framemesh.core.graph.condition"


@pytest.mark.parametrize(
    "program",
    [
        "import framemesh.sdk",
        "import framemesh.core.pipeline.spec",
        f"import {HERE}.parsing, {HERE}.field, {HERE}.checking",
    ],
)
def test_the_parser_is_not_loaded_with(program: str) -> None:
    assert "lark" not in modules_after(program)


@pytest.mark.parametrize("call", ["parse('area > 0.02')", "load_parser()"])
def test_the_parser_is_loaded_for_the_first_text_or_when_it_is_asked_for(call: str) -> None:
    assert "lark" in modules_after(f"from {HERE}.parsing import parse, load_parser; {call}")


def modules_after(program: str) -> list[str]:
    script = f"import sys; {program}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.split()
