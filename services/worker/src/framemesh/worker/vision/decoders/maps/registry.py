"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.maps.anomaly import Anomaly
from framemesh.worker.vision.decoders.maps.db_text import DbText
from framemesh.worker.vision.decoders.maps.depth import Depth
from framemesh.worker.vision.decoders.maps.semantic import Semantic

DECODERS: Mapping[str, MakeDecoder] = {
    "anomaly": Anomaly,
    "db-text": DbText,
    "depth": Depth,
    "semantic": Semantic,
}
