"""Names of images, as `registry:5000/framemesh/worker@sha256:...`."""

import re
from dataclasses import dataclass, replace

_PARTS = re.compile(
    r"(?P<registry>[^/@]+)/(?P<name>[a-z0-9._/-]+)"
    r"(:(?P<tag>[\w.-]{1,128}))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class ImageReference:
    registry: str
    """host:port, as the nodes of the swarm call it."""
    name: str
    digest: str = ""
    """Empty: that of the tag."""
    tag: str = ""

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """
        Raises:
            ValueError: it is not the name of an image in a registry, with a digest or a tag.
        """
        found = _PARTS.fullmatch(text)
        if found is None or not (found["digest"] or found["tag"]):
            raise ValueError("use REGISTRY/NAME@sha256:DIGEST, or REGISTRY/NAME:TAG")
        return cls(found["registry"], found["name"], found["digest"] or "", found["tag"] or "")

    def with_digest(self, digest: str) -> "ImageReference":
        """Another image of the same name."""
        return replace(self, digest=digest, tag="")

    def __str__(self) -> str:
        version = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.registry}/{self.name}{version}"
