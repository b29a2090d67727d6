"""Traffic as a message, in a status and in a checkpoint."""

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.ledger.traffic import Traffic, Volume


def traffic_to_proto(traffic: Traffic) -> monitor_pb2.Traffic:
    return monitor_pb2.Traffic(
        cameras=_volume_to_proto(traffic.cameras),
        workers=_volume_to_proto(traffic.workers),
        models=_volume_to_proto(traffic.models),
        outcomes=_volume_to_proto(traffic.outcomes),
    )


def traffic_from_proto(message: monitor_pb2.Traffic) -> Traffic:
    return Traffic(
        cameras=_volume_from_proto(message.cameras),
        workers=_volume_from_proto(message.workers),
        models=_volume_from_proto(message.models),
        outcomes=_volume_from_proto(message.outcomes),
    )


def _volume_to_proto(volume: Volume) -> monitor_pb2.Hop:
    return monitor_pb2.Hop(frames=volume.frames, bytes=volume.bytes)


def _volume_from_proto(message: monitor_pb2.Hop) -> Volume:
    return Volume(message.frames, message.bytes)
