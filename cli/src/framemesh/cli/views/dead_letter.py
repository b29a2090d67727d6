"""How dead letters look on a terminal."""

from rich.filesize import decimal

from framemesh.api.monitor.v1 import dead_letter_pb2
from framemesh.cli.common.converters import frame_id
from framemesh.cli.common.time_format import format_time


def line(letter: dead_letter_pb2.DeadLetter) -> str:
    """One line; a table with such long names fits on no terminal."""
    return (
        f"{format_time(letter.died_unix_nano)}  {frame_id(letter.frame)}  "
        f"{letter.reason}: {letter.detail}"
    )


def facts(letter: dead_letter_pb2.DeadLetter, *, intact: bool) -> str:
    """Everything that is known of a dead letter."""
    attempts = "1 attempt" if letter.attempts == 1 else f"{letter.attempts} attempts"
    state = "as its camera made it" if intact else "damaged since its camera made it"
    return (
        f"{frame_id(letter.frame)} died: {letter.reason}\n"
        f"  detail    {letter.detail}\n"
        f"  captured  {format_time(letter.captured_unix_nano)}\n"
        f"  died      {format_time(letter.died_unix_nano)}\n"
        f"  by        {letter.worker}, {attempts}\n"
        f"  image     {decimal(letter.image_bytes)}, {state}"
    )
