"""What to say of a pipeline's workers."""

from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup


def ready_workers(state: FleetState, pipeline: str) -> int:
    """How many workers draw frames, of whatever revision."""
    return sum(replica.ready for replica in state.of(pipeline))


def current_workers(wanted: WorkerGroup, state: FleetState) -> int:
    """How many of them are of the revision that is wanted."""
    return sum(
        replica.ready and replica.revision == wanted.revision
        for replica in state.of(wanted.pipeline)
    )


def trouble(wanted: WorkerGroup, state: FleetState) -> str:
    """Why the wanted workers do not run, in one line; empty if one does or nothing is known, and
    each of the others has a place.

    Workers of an earlier revision may go on meanwhile; then the line says so.
    """
    replicas = state.of(wanted.pipeline)
    new = [replica for replica in replicas if replica.revision == wanted.revision]
    old_ready = [replica for replica in replicas if replica.ready and replica not in new]
    if any(replica.ready for replica in new):
        # It works, and with fewer workers than it asks for.
        return state.unplaced.get(wanted.pipeline, "")
    problem = _first_problem(new) or _before_workers(wanted.pipeline, state)
    if not old_ready:
        return problem or state.problem or _first_problem(replicas)
    if not problem or not wanted.replicas:
        return ""
    revision = max(replica.revision for replica in old_ready)
    return f"revision {wanted.revision} is not ready, revision {revision} goes on: {problem}"


def _before_workers(pipeline: str, state: FleetState) -> str:
    return state.unplaced.get(pipeline, "") or state.building.get(pipeline, "")


def _first_problem(replicas: tuple[Replica, ...] | list[Replica]) -> str:
    told = ((each.id, each.progress or each.problem) for each in replicas)
    return next((f"{id_}: {line}" for id_, line in told if line), "")
