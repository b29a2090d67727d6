"""Traffic as a message, in a status and in a checkpoint."""

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.ledger.traffic import Hop, Traffic


def from_traffic(traffic: Traffic) -> monitor_pb2.Traffic:
    return monitor_pb2.Traffic(
        cameras=_from_hop(traffic.cameras),
        workers=_from_hop(traffic.workers),
        models=_from_hop(traffic.models),
        outcomes=_from_hop(traffic.outcomes),
    )


def to_traffic(message: monitor_pb2.Traffic) -> Traffic:
    return Traffic(
        cameras=_to_hop(message.cameras),
        workers=_to_hop(message.workers),
        models=_to_hop(message.models),
        outcomes=_to_hop(message.outcomes),
    )


def _from_hop(hop: Hop) -> monitor_pb2.Hop:
    return monitor_pb2.Hop(frames=hop.frames, bytes=hop.bytes)


def _to_hop(message: monitor_pb2.Hop) -> Hop:
    return Hop(message.frames, message.bytes)
