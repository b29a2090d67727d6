"""`framemesh dead ...` against services that answer."""

import json
from pathlib import Path
from typing import Any

import pytest

CAPTURED = 1_700_000_000_000_000_000


@pytest.fixture
def dead(services: Any) -> Any:
    """Five dead letters of two cameras; the services that have them."""
    for sequence in (1, 2, 3):
        services.bury("north", sequence, b"image %d" % sequence)
    for sequence in (1, 2):
        services.bury("south", sequence, b"south %d" % sequence)
    return services


def kept(services: Any) -> list[tuple[str, int]]:
    frames = [one.dead_letter.frame for one in services.dead]
    return [(frame.camera, frame.sequence) for frame in frames]


def test_dead_letters_are_listed_newest_first_over_all_pages(run: Any, dead: Any) -> None:
    said = json.loads(run("dead", "list", "street", "--json").stdout)["dead_letters"]
    assert [(one["camera"], one["sequence"]) for one in said] == kept(dead)[::-1]
    assert said[0] == {
        "camera": "south",
        "session": "old",
        "sequence": 2,
        "reason": "undecodable",
        "detail": "bad marker",
        "attempts": 3,
        "worker": "w1",
        "captured_unix_nano": CAPTURED + 2,
        "died_unix_nano": CAPTURED + 60_000_000_000,
        "image_bytes": 7,
    }
    some = json.loads(run("dead", "list", "street", "--limit", "3", "--json").stdout)
    assert len(some["dead_letters"]) == 3


def test_the_list_has_a_line_a_frame_or_says_that_there_are_none(run: Any, dead: Any) -> None:
    said = run("dead", "list", "street", "--camera", "north").stdout.splitlines()
    assert said[0] == "2023-11-14 22:14:20.000 UTC  north/old/3  undecodable: bad marker"
    assert len(said) == 3
    assert run("dead", "list", "street", "--camera", "east").stdout == "no dead letters in street\n"


def test_one_is_shown_with_the_facts_and_its_image_is_saved(
    run: Any, dead: Any, tmp_path: Path
) -> None:
    said = run("dead", "show", "street", "north", "2", "--save", tmp_path / "two.jpg")
    assert said.stdout == (
        "north/old/2 died: undecodable\n"
        "  detail    bad marker\n"
        "  captured  2023-11-14 22:13:20.000 UTC\n"
        "  died      2023-11-14 22:14:20.000 UTC\n"
        "  by        w1, 3 attempts\n"
        "  image     7 bytes, as its camera made it\n"
    )
    assert (tmp_path / "two.jpg").read_bytes() == b"image 2"
    assert json.loads(run("dead", "show", "street", "north", "2", "--json").stdout)["intact"]


def test_a_damaged_image_is_told(run: Any, services: Any) -> None:
    services.bury("north", 1, b"image", crc32=5)
    assert "damaged since its camera made it" in run("dead", "show", "street", "north", "1").stdout


def test_what_cannot_be_shown_or_saved_is_one_line(run: Any, dead: Any, tmp_path: Path) -> None:
    gone = run("dead", "show", "street", "north", "9")
    assert (gone.exit_code, gone.stderr) == (1, "error: no such dead letter is kept\n")
    unsaved = run("dead", "show", "street", "north", "1", "--save", tmp_path)
    assert (unsaved.exit_code, unsaved.stderr) == (
        1,
        f"error: cannot write {tmp_path}: is a directory\n",
    )


def test_replayed_frames_are_new_ones_of_the_same_time_and_leave_the_dead_letters(
    run: Any, dead: Any
) -> None:
    said = run("dead", "replay", "street")
    assert said.exit_code == 0
    (north,), (south,) = dead.sessions["north"], dead.sessions["south"]
    assert said.stdout.splitlines() == [
        f"north/old/1 is now north/{north}/1",
        f"north/old/2 is now north/{north}/2",
        f"north/old/3 is now north/{north}/3",
        f"south/old/1 is now south/{south}/1",
        f"south/old/2 is now south/{south}/2",
        "5 of 5 dead letters of street offered again",
    ]
    assert [frame.image for frame in dead.frames["north"]] == [b"image 1", b"image 2", b"image 3"]
    assert [frame.captured_unix_nano - CAPTURED for frame in dead.frames["north"]] == [1, 2, 3]
    assert kept(dead) == []


def test_what_was_passed_on_with_a_frame_is_passed_on_again(run: Any, services: Any) -> None:
    services.bury("north", 1, b"image", headers={"traceparent": "00-4bf9-01"})
    services.bury("north", 2, b"image", headers={"nats-rollup": "all"})
    said = run("dead", "replay", "street")
    assert "1 of 2 dead letters of street offered again" in said.stdout
    assert "header 'nats-rollup'" in said.stderr
    (replayed,) = services.frames["north"]
    assert dict(replayed.headers) == {"traceparent": "00-4bf9-01"}
    assert kept(services) == [("north", 2)]


def test_only_what_is_selected_is_replayed_as_captured_now(run: Any, dead: Any) -> None:
    options = ("--camera", "north", "--session", "old", "--sequence", "2", "--now")
    assert run("dead", "replay", "street", *options).exit_code == 0
    (frame,) = dead.frames["north"]
    assert frame.image == b"image 2"
    assert frame.captured_unix_nano > CAPTURED + 10**15
    assert kept(dead) == [("north", 1), ("north", 3), ("south", 1), ("south", 2)]


def test_many_are_replayed_in_sessions_that_are_closed_before_they_are_purged(
    run: Any, services: Any
) -> None:
    for sequence in range(1, 41):
        services.bury("north", sequence, b"%d" % sequence)
    said = run("dead", "replay", "street")
    assert said.stdout.endswith("40 of 40 dead letters of street offered again\n")
    assert len(services.sessions["north"]) == 3
    assert [frame.image for frame in services.frames["north"]] == [b"%d" % n for n in range(1, 41)]
    assert kept(services) == []


def test_what_ingest_refuses_or_was_damaged_stays_and_fails_the_command(
    run: Any, services: Any
) -> None:
    services.bury("north", 1, b"bad")
    services.bury("north", 2, b"damaged", crc32=5)
    services.bury("north", 3, b"good")
    said = run("dead", "replay", "street")
    assert said.exit_code == 1
    assert said.stdout.splitlines()[-1] == "1 of 3 dead letters of street offered again"
    assert sorted(said.stderr.splitlines()) == [
        "north/old/1 stays: send a JPEG, PNG or WebP",
        "north/old/2 stays: its image was damaged on its way",
    ]
    assert kept(services) == [("north", 1), ("north", 2)]


def test_they_are_purged_as_selected(run: Any, dead: Any) -> None:
    said = run("dead", "purge", "street", "--camera", "north", "--sequence", "3")
    assert said.stdout == "1 dead letters of street are deleted\n"
    assert run("dead", "purge", "street").stdout == "4 dead letters of street are deleted\n"
    assert kept(dead) == []
