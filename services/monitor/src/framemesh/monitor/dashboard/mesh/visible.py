"""The state of the mesh as a caller may see it."""

from dataclasses import replace

from framemesh.core.identity.caller import Caller
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.status.visible import visible_status


def visible_state(state: MeshState, who: Caller) -> MeshState:
    """Without the pipelines of others; and nodes, which all pipelines share, are for who sees the
    whole mesh. Of a pipeline of which the caller sees some cameras only their ledgers are left."""
    if who.sees_mesh:
        return state
    return replace(
        state,
        pipelines={name: each for name, each in state.pipelines.items() if who.sees_whole(name)},
        statuses={
            name: visible_status(each, who)
            for name, each in state.statuses.items()
            if who.sees_pipeline(name)
        },
        nodes=(),
        loads={},
        stage_rates={},
        shadows={name: each for name, each in state.shadows.items() if who.sees_whole(name)},
        models={},
        growths={name: each for name, each in state.growths.items() if who.sees_whole(name)},
        problems=(),
    )
