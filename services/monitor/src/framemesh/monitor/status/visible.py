"""Statuses as a caller may see them."""

from dataclasses import replace

from framemesh.core.identity.caller import Caller
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.traffic import Traffic
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles, LedgerSummary
from framemesh.monitor.status.pipeline_status import PipelineStatus

NO_AGES = AgePercentiles(0.0, 0.0, 0.0)


def visible_status(status: PipelineStatus, who: Caller) -> PipelineStatus:
    """Of a pipeline that the caller sees. Who sees only some of its cameras gets their ledgers, and
    no figure to which another camera adds."""
    if who.sees_whole(status.pipeline):
        return status
    ledger = status.ledger
    problem = "a part of the status cannot be read" if status.problem else ""
    return PipelineStatus(
        status.pipeline, ledger=_of_cameras(ledger, who) if ledger else None, problem=problem
    )


def _of_cameras(ledger: LedgerSummary, who: Caller) -> LedgerSummary:
    accounts = {
        camera: ledger.accounts[camera]
        for camera in sorted(who.cameras or ())
        if camera in ledger.accounts
    }
    return replace(
        ledger,
        accounts=accounts,
        retired=Account(),
        retired_cameras=0,
        accepted_per_second=0.0,
        completed_per_second=0.0,
        ages=NO_AGES,
        duplicate_outcomes=0,
        traffic=Traffic(),
        hops={},
    )
