"""Traffic as a message, in a status and in a checkpoint."""

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.ledger.traffic import Hop, Traffic


def traffic_to_proto(traffic: Traffic) -> monitor_pb2.Traffic:
    return monitor_pb2.Traffic(
        cameras=_hop_to_proto(traffic.cameras),
        workers=_hop_to_proto(traffic.workers),
        models=_hop_to_proto(traffic.models),
        outcomes=_hop_to_proto(traffic.outcomes),
    )


def traffic_from_proto(message: monitor_pb2.Traffic) -> Traffic:
    return Traffic(
        cameras=_hop_from_proto(message.cameras),
        workers=_hop_from_proto(message.workers),
        models=_hop_from_proto(message.models),
        outcomes=_hop_from_proto(message.outcomes),
    )


def _hop_to_proto(hop: Hop) -> monitor_pb2.Hop:
    return monitor_pb2.Hop(frames=hop.frames, bytes=hop.bytes)


def _hop_from_proto(message: monitor_pb2.Hop) -> Hop:
    return Hop(message.frames, message.bytes)
