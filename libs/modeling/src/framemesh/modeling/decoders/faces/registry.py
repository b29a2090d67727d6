"""The demands of this folder."""

from framemesh.modeling.decoders.faces import scrfd, yunet

DEMANDS = {**scrfd.DEMANDS, **yunet.DEMANDS}
