"""What the keys do, over the screen."""

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

TEXT = """\
[b]framemesh top[/b]: is it working, and where does it hurt

  [b]space[/b]     pause the screen, and go on
  [b]s[/b]         sort cameras: the worst, name, rate, pending, dead
  [b]/[/b]         filter by a part of a name; [b]escape[/b] shows all
  [b]tab[/b]       next table; arrows, page keys and the wheel scroll
  [b]l[/b]         light or dark
  [b]q[/b]         quit

[b]in/s, done/s[/b]  frames accepted and completed, mean of 10 s
[b]growth[/b]        of the backlog, in frames a second
[b]p50, p99[/b]      age of a frame from capture to outcome
[b]ledger[/b]        ✓: every frame has one fate, or is pending
[b]dropped[/b]       expired or superseded: as the delivery policy has it
[b]lately[/b]        in the last minute

`framemesh status --json` has all figures.   any key closes this"""


class Help(ModalScreen[None]):
    """Any key closes it."""

    def compose(self) -> ComposeResult:
        yield Static(TEXT, id="help")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()
