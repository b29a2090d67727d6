"""What the screen tells of cameras, and the order in which it has them."""

from dataclasses import replace

import pytest

from framemesh.cli.top.cameras import SILENT_SECONDS, CameraRow, Cameras
from framemesh.cli.top.choice import Choice, Order
from framemesh.cli.views.report import CameraReport


def ledger(camera: str = "door", **counts: int) -> CameraReport:
    """One that balances: what is accepted and has no fate is pending."""
    fates = dict.fromkeys(("offered", "rejected", "done", "expired", "superseded", "dead"), 0)
    fates |= counts
    accepted = fates["offered"] - fates["rejected"]
    completed = fates["done"] + fates["expired"] + fates["superseded"] + fates["dead"]
    return CameraReport(
        camera=camera, accepted=accepted, pending=accepted - completed, reasons={}, **fates
    )


class Seen:
    """Cameras, seen once a second."""

    def __init__(self) -> None:
        self.cameras = Cameras()
        self.at = 100.0

    def __call__(self, *ledgers: CameraReport) -> list[CameraRow]:
        self.at += 1
        return self.cameras.observe(self.at, [("street", ledgers)])


def test_rates_are_of_the_last_seconds() -> None:
    seen = Seen()
    for second in range(20):
        rows = seen(ledger(offered=1000 + 25 * second, done=900 + 24 * second))
    assert (rows[0].offered_per_second, rows[0].done_per_second) == pytest.approx((25.0, 24.0))


def test_a_camera_that_stops_is_silent_and_one_that_never_sent_is_not() -> None:
    seen = Seen()
    seen(ledger("door", offered=1), ledger("old", offered=5))
    for _ in range(int(SILENT_SECONDS) + 1):
        rows = seen(ledger("door", offered=2), ledger("old", offered=5))
    assert [row.silent for row in rows] == [True, False]
    assert rows[0].words == "silent 10 s"


def test_frames_that_died_long_ago_hurt_no_more() -> None:
    seen = Seen()
    seen(ledger(offered=10, dead=4))
    row, *_ = seen(ledger(offered=12, dead=6))
    assert (row.died_lately, row.words) == (2, "2 died lately")
    for _ in range(100):
        row, *_ = seen(ledger(offered=12, dead=6))
    assert row.died_lately == 0


def test_a_pipeline_that_was_made_anew_has_no_negative_rates() -> None:
    seen = Seen()
    for _ in range(8):
        seen(ledger(offered=1000, done=1000, dead=0))
    row, *_ = seen(ledger(offered=3, done=1))
    assert (row.offered_per_second, row.done_per_second, row.died_lately) == (0.0, 0.0, 0)


def test_a_camera_that_is_no_longer_listed_is_forgotten() -> None:
    seen = Seen()
    seen(ledger("door"), ledger("yard"))
    assert [row.ledger.camera for row in seen(ledger("yard"))] == ["yard"]


def rows() -> list[CameraRow]:
    """Each with a fault of its own."""
    seen = Seen()
    before = [ledger(name, offered=10) for name in ("good", "dying", "wrong", "waiting", "refused")]
    seen(*before)
    return seen(
        ledger("good", offered=20, done=20),
        ledger("dying", offered=20, done=18, dead=2),
        replace(ledger("wrong", offered=20, done=20), done=19),
        ledger("waiting", offered=90, done=2),
        ledger("refused", offered=20, done=15, rejected=5),
    )


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (Order.WORST, ["wrong", "dying", "refused", "waiting", "good"]),
        (Order.NAME, ["dying", "good", "refused", "waiting", "wrong"]),
        (Order.RATE, ["waiting"]),
        (Order.PENDING, ["waiting"]),
        (Order.DEAD, ["dying"]),
    ],
)
def test_cameras_are_sorted(order: Order, first: list[str]) -> None:
    chosen = Choice(order).of(rows())
    assert [row.ledger.camera for row in chosen][: len(first)] == first


def test_the_key_for_the_order_goes_round() -> None:
    choice, seen = Choice(), []
    for _ in Order:
        choice = choice.sorted_next()
        seen.append(choice.order)
    assert [*seen[-1:], *seen[:-1]] == list(Order)


def test_a_filter_finds_parts_of_names() -> None:
    assert [row.ledger.camera for row in Choice().filtered(" DY ").of(rows())] == ["dying"]
    assert len(Choice().filtered("stre").of(rows())) == 5
    assert Choice().filtered("nothing").of(rows()) == []
