"""One pipeline as a message for the page."""

from collections import Counter
from collections.abc import Iterable

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.dashboard.mesh.stage_rates import RatesByStage
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.messages.pipelines import (
    Age,
    Condition,
    HopTime,
    Pipeline,
    RunningVersion,
    ShadowSummary,
    Stage,
    Totals,
)
from framemesh.monitor.ledger.pipeline_ledger import LedgerSummary
from framemesh.monitor.status.pipeline_status import PipelineStatus

NOTHING_KNOWN = pipeline_pb2.Pipeline()
"""Of a pipeline that the ledger knows and the master does not, or not yet."""


def pipeline_message(state: MeshState, name: str) -> Pipeline:
    pipeline = state.pipelines.get(name, NOTHING_KNOWN)
    status = state.statuses.get(name, PipelineStatus(name))
    ledger, backlog = status.ledger, status.backlog
    total = _total(ledger) if ledger else None
    return Pipeline(
        name=name,
        revision=pipeline.revision,
        ready_workers=pipeline.ready_workers,
        wanted_workers=pipeline.wanted_workers + pipeline.wanted_stable_workers,
        trouble=pipeline.trouble,
        conditions=[
            Condition(name=each.name, message=each.message) for each in pipeline.conditions
        ],
        accepted_per_second=ledger.accepted_per_second if ledger else None,
        completed_per_second=ledger.completed_per_second if ledger else None,
        backlog=backlog.frames if backlog else None,
        backlog_bytes=backlog.bytes if backlog else None,
        backlog_growth=state.growths.get(name),
        age_ms=_age(ledger) if ledger else None,
        hops_ms=_hops(ledger) if ledger else {},
        stages=[_stage(name, stage, state.stage_rates) for stage in pipeline.spec.stages],
        totals=totals(total) if total else None,
        reasons=dict(total.reasons) if total else {},
        balanced=is_balanced(total, ledger.duplicate_outcomes) if total and ledger else None,
        duplicates=ledger.duplicate_outcomes if ledger else 0,
        unread_entries=status.unread_entries,
        dead_letters=status.dead_letters,
        cameras=len(ledger.accounts) if ledger else 0,
        versions=_versions(state, pipeline),
        shadow=_shadow(state, name),
        problem=status.problem,
    )


def totals(account: Account) -> Totals:
    return Totals(**counts(account))


def counts(account: Account) -> dict[str, int]:
    """The fields that all messages about ledgers share."""
    return {
        "offered": account.offered,
        "accepted": account.accepted,
        "rejected": account.rejected,
        "done": account.done,
        "expired": account.expired,
        "superseded": account.superseded,
        "dead": account.dead,
        "pending": account.pending,
    }


def is_balanced(account: Account, duplicates: int = 0) -> bool:
    """Whether each frame has one outcome at most, and none has one that was not accepted."""
    return account.pending >= 0 and not duplicates


def shadow_models(report: pipeline_pb2.ShadowReport) -> list[str]:
    return [
        f"{each.stage}: {each.model}:{each.version} -> {each.shadow_version}"
        for each in report.stages
    ]


def _total(ledger: LedgerSummary) -> Account:
    """Of all cameras. Not by Account.plus, which copies the reasons of all for each."""
    accounts = [*ledger.accounts.values(), ledger.retired]
    reasons: Counter[str] = Counter()
    for account in accounts:
        reasons.update(account.reasons)
    return Account(
        accepted=sum(each.accepted for each in accounts),
        rejected=sum(each.rejected for each in accounts),
        done=sum(each.done for each in accounts),
        expired=sum(each.expired for each in accounts),
        superseded=sum(each.superseded for each in accounts),
        dead=sum(each.dead for each in accounts),
        reasons=dict(reasons),
    )


def _age(ledger: LedgerSummary) -> Age:
    ages = ledger.ages
    return Age(p50=1000 * ages.p50, p95=1000 * ages.p95, p99=1000 * ages.p99)


def _hops(ledger: LedgerSummary) -> dict[str, HopTime]:
    return {
        hop.value: HopTime(p50=1000 * found.p50, p99=1000 * found.p99)
        for hop, found in ledger.hops.items()
    }


def _stage(pipeline: str, stage: pipeline_pb2.Stage, rates: RatesByStage) -> Stage:
    found = rates.get((pipeline, stage.name))
    seconds = found.triton_seconds if found else None
    return Stage(
        name=stage.name,
        model=stage.model,
        version=stage.model_version,
        for_each=list(stage.for_each),
        after=list(stage.after),
        labels=list(stage.labels),
        per_second=found.inputs_per_second if found else None,
        triton_ms=None if seconds is None else 1000 * seconds,
    )


def _versions(state: MeshState, pipeline: pipeline_pb2.Pipeline) -> list[RunningVersion]:
    """The newest first, by the workers that are ready."""
    ready = Counter(
        worker.revision
        for each in state.nodes
        for worker in each.node.workers
        if worker.pipeline == pipeline.spec.name and _is_drawing(worker)
    )
    if not ready:
        return []
    canary = pipeline.rollout.canary if pipeline.HasField("rollout") else 0.0
    return [
        RunningVersion(
            revision=revision,
            models=list(state.models.get((pipeline.spec.name, revision), ())),
            workers=count,
            share=_share(revision == pipeline.revision, canary, count, ready.values()),
        )
        for revision, count in sorted(ready.items(), reverse=True)
    ]


def _is_drawing(worker: node_pb2.Worker) -> bool:
    shadow = worker.role == node_pb2.WORKER_ROLE_SHADOW
    return worker.state == node_pb2.WORKER_STATE_READY and not shadow


def _share(newest: bool, canary: float, count: int, counts_of_all: Iterable[int]) -> float:
    """Of the cameras with a canary; else all workers draw alike."""
    if canary:
        return canary if newest else 1 - canary
    return count / sum(counts_of_all)


def _shadow(state: MeshState, name: str) -> ShadowSummary | None:
    if (report := state.shadows.get(name)) is None:
        return None
    return ShadowSummary(
        running=report.running,
        models=shadow_models(report),
        compared_frames=report.compared_frames,
        same_frames=report.same_frames,
    )
