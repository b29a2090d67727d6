"""The demands of this folder."""

from framemesh.modeling.decoders.faces import priors, scrfd, yunet

DEMANDS = {**priors.DEMANDS, **scrfd.DEMANDS, **yunet.DEMANDS}
