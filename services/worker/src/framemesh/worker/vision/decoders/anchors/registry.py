"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.anchors.centerface import CenterFace
from framemesh.worker.vision.decoders.anchors.centernet import CenterNet
from framemesh.worker.vision.decoders.anchors.fastestdet import FastestDet
from framemesh.worker.vision.decoders.anchors.nanodet import NanoDet
from framemesh.worker.vision.decoders.anchors.picodet import PicoDet
from framemesh.worker.vision.decoders.anchors.prior_faces import RetinaFace, YuNet2021
from framemesh.worker.vision.decoders.anchors.scrfd import Scrfd
from framemesh.worker.vision.decoders.anchors.ssd import Ssd
from framemesh.worker.vision.decoders.anchors.yunet import YuNet
from framemesh.worker.vision.decoders.decoder import MakeDecoder

DECODERS: Mapping[str, MakeDecoder] = {
    "centerface": CenterFace,
    "centernet": CenterNet,
    "fastestdet": FastestDet,
    "nanodet": NanoDet,
    "picodet": PicoDet,
    "retinaface": RetinaFace,
    "scrfd": Scrfd,
    "ssd": Ssd,
    "yunet": YuNet,
    "yunet-2021": YuNet2021,
}
