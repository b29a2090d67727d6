"""What can go wrong between the master and a registry of images."""

from framemesh.core.errors import Code, FramemeshError


class RegistryUnavailable(FramemeshError):
    """The registry does not answer, or not as a registry does: try again."""

    code = Code.UNAVAILABLE


class RegistryFull(FramemeshError):
    """The registry has no room for an image."""

    code = Code.EXHAUSTED
    scarce = True


class RegistryDenied(FramemeshError):
    """The registry does not know who asks, or does not let them."""

    code = Code.INVALID


class DeletionDisabled(FramemeshError):
    """The registry removes no images, as its settings have it."""

    code = Code.CONFLICT


class BaseImageUnknown(FramemeshError):
    """The registry does not have the image of the workers, or it is none that layers go on."""

    code = Code.NOT_FOUND


class UploadLost(FramemeshError):
    """The registry knows nothing of an upload any more: begin it again."""

    code = Code.UNAVAILABLE


class ImageNotReady(FramemeshError):
    """An image is being built; says how far that is."""

    code = Code.UNAVAILABLE
