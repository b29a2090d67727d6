"""A run is reproduced from its seed."""

import pytest

from tests.chaos.faults.catalogue import FAULTS, NoSuchFault, named
from tests.chaos.faults.fault import Needs
from tests.chaos.rounds.schedule import schedule


def test_a_seed_gives_the_same_faults_and_pauses_every_time() -> None:
    assert schedule(7, FAULTS) == schedule(7, FAULTS)
    assert schedule(7, FAULTS) != schedule(8, FAULTS)


def test_every_fault_strikes_once_within_its_limits() -> None:
    scheduled_faults = schedule(7, FAULTS).scheduled_faults
    assert sorted(scheduled.fault.name for scheduled in scheduled_faults) == sorted(
        f.name for f in FAULTS
    )
    for scheduled in scheduled_faults:
        least, most = scheduled.fault.hold_seconds
        assert least <= scheduled.hold_seconds <= most


def test_what_a_machine_cannot_do_is_left_out_and_changes_nothing_else() -> None:
    whole = schedule(7, FAULTS)
    poor = whole.possible(set())
    assert poor.scheduled_faults == tuple(s for s in whole.scheduled_faults if not s.fault.needs)
    assert whole.possible(set(Needs)) == whole


def test_some_rounds_have_one_worker_and_some_two() -> None:
    assert {schedule(seed, FAULTS).workers for seed in range(20)} == {1, 2}


def test_faults_are_chosen_by_how_their_names_begin() -> None:
    assert named([]) == list(FAULTS)
    assert {fault.name for fault in named(["kill i", "poison"])} == {"kill ingest", "poison"}
    with pytest.raises(NoSuchFault, match="--help lists them"):
        named(["kill ingest", "explode"])


def test_no_two_faults_share_a_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
