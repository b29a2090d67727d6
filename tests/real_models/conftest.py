"""What each file gave, listed when all tests ran."""

from collections.abc import Callable

import pytest

Report = Callable[[str], None]

LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Takes a line of what a test measured."""
    lines = request.config.stash.setdefault(LINES, [])
    name = request.node.callspec.id
    return lambda line: lines.append(f"{name}, {line}")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)
