"""What `push` says about its source while it runs."""

from collections.abc import Callable

from framemesh.sources.supervision.state import Phase, SourceState


class StateLines:
    """One line when a source breaks off, and one when it is back. A reason that stays is not
    repeated with every attempt."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said = ""

    def changed(self, state: SourceState) -> None:
        if state.phase is Phase.WAITING and state.reason != self._said:
            self._said = state.reason
            self._say(f"{state.reason}; opening it again, until Ctrl-C")
        elif state.phase is Phase.RUNNING and self._said:
            self._said = ""
            self._say("it is open again")
