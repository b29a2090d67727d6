"""The manifest and the configuration of an image, with more layers than its base."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framemesh.master.packaging.errors import BaseImageUnknown
from framemesh.master.packaging.model_layer import FOLDER, LayerDigest

OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (OCI, DOCKER, *INDEXES)

_LAYER = {
    OCI: "application/vnd.oci.image.layer.v1.tar",
    DOCKER: "application/vnd.docker.image.rootfs.diff.tar",
}

EPOCH = "1970-01-01T00:00:00Z"
"""When the layers were made: an image of the same content is the same image."""

ENVIRONMENT = f"FRAMEMESH_WORKER_MODELS=/{FOLDER}"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in a registry, under their digest."""

    content: bytes
    media_type: str

    def document(self) -> Document:
        """
        Raises:
            BaseImageUnknown: it is no JSON.
        """
        try:
            found: Document = json.loads(self.content)
        except ValueError as error:
            raise BaseImageUnknown("the manifest of the image of the workers is damaged") from error
        return found

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"


def platform_manifest(index: Document, architecture: str = "amd64") -> str:
    """The digest of the manifest for Linux on `architecture` in an index of several.

    Raises:
        BaseImageUnknown: there is none.
    """
    for each in index.get("manifests", ()):
        platform = each.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", architecture):
            return str(each["digest"])
    raise BaseImageUnknown(f"the image of the workers is not there for Linux on {architecture}")


def with_layers(
    manifest: Document, config: Document, layers: Sequence[LayerDigest]
) -> tuple[Blob, Blob]:
    """The manifest and the configuration of the base image with these layers above its own.

    Raises:
        BaseImageUnknown: the base is not an image.
    """
    kind = manifest.get("mediaType", OCI)
    if kind not in _LAYER or "rootfs" not in config:
        raise BaseImageUnknown(f"the image of the workers is a {kind}, on which no layers go")
    new = Blob(_dump(_configuration(config, layers)), manifest["config"]["mediaType"])
    above = [
        {"mediaType": _LAYER[kind], "size": each.size_bytes, "digest": each.digest}
        for each in layers
    ]
    described = {"mediaType": new.media_type, "size": len(new.content), "digest": new.digest}
    document = {**manifest, "config": described, "layers": [*manifest["layers"], *above]}
    return Blob(_dump(document), kind), new


def _configuration(config: Document, layers: Sequence[LayerDigest]) -> Document:
    history = [
        {"created": EPOCH, "created_by": "framemesh", "comment": f"model in {each.digest}"}
        for each in layers
    ]
    inner = config.get("config") or {}
    kept = [each for each in inner.get("Env") or () if not each.startswith(_variable())]
    return {
        **config,
        "config": {**inner, "Env": [*kept, ENVIRONMENT]},
        "history": [*(config.get("history") or ()), *history],
        "rootfs": {
            **config["rootfs"],
            "diff_ids": [*config["rootfs"]["diff_ids"], *(each.digest for each in layers)],
        },
    }


def _variable() -> str:
    return ENVIRONMENT.partition("=")[0] + "="


def _dump(document: Document) -> bytes:
    """The same bytes for the same document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
