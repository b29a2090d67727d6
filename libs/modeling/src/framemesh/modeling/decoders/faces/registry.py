"""The demands of this folder."""

from framemesh.modeling.decoders.faces import centerface, priors, scrfd, yunet

DEMANDS = {**centerface.DEMANDS, **priors.DEMANDS, **scrfd.DEMANDS, **yunet.DEMANDS}
