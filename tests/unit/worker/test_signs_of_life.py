"""The broker hears of frames that are held for long, and of no other."""

from framemesh.worker.intake.signs_of_life import SignsOfLife


def test_what_is_done_within_two_looks_is_never_told_of() -> None:
    signs: SignsOfLife[str] = SignsOfLife()
    assert signs.due(["quick"]) == []
    assert signs.due(["quick", "next"]) == []
    assert signs.due(["next"]) == []


def test_what_is_held_is_told_of_at_the_third_look_and_then_at_every_other() -> None:
    signs: SignsOfLife[str] = SignsOfLife()
    found = [signs.due(["slow"]) for _ in range(8)]
    assert found == [[], [], ["slow"], [], ["slow"], [], ["slow"], []]


def test_a_frame_that_comes_again_is_a_new_one() -> None:
    signs: SignsOfLife[str] = SignsOfLife()
    for _ in range(2):
        signs.due(["given back"])
    signs.due([])
    assert signs.due(["given back"]) == []


def test_nothing_is_remembered_of_what_is_not_held() -> None:
    signs: SignsOfLife[int] = SignsOfLife()
    for first in range(0, 1000, 10):
        signs.due(range(first, first + 10))
    assert signs.due([]) == []
    assert not signs._quiet
