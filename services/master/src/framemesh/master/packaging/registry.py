"""A registry of images over its HTTP API, version 2."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin

from framemesh.master.packaging.credentials import Credentials
from framemesh.master.packaging.errors import (
    BaseImageUnknown,
    DeletionDisabled,
    RegistryDenied,
    RegistryFull,
    RegistryUnavailable,
    UploadLost,
)
from framemesh.master.packaging.http_client import HttpAnswer, HttpClient, HttpRequest
from framemesh.master.packaging.image_documents import MANIFESTS, Blob

_NO_SPACE = ("no space left", "not enough space", '"Err":28', "quota")
"""What registries say when their storage is full; 28 is the number of that error in Linux."""

_MISSING = HTTPStatus.NOT_FOUND
_LOST = {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}


class Registry:
    """One repository of a registry. Nothing is tried twice here.

    Every method raises RegistryUnavailable, RegistryDenied or RegistryFull.
    """

    def __init__(self, http: HttpClient, url: str, name: str, credentials: Credentials) -> None:
        """
        Args:
            url: as `http://registry:5000`.
            name: of the repository.
        """
        self._http = http
        self._base = f"{url}/v2/{name}/"
        self._url, self._name = url, name
        self._credentials = credentials

    async def manifest(self, reference: str) -> Blob:
        """
        Args:
            reference: a tag, or a digest.

        Raises:
            BaseImageUnknown: there is none.
        """
        answer = await self._ask("GET", f"manifests/{reference}", Accept=", ".join(MANIFESTS))
        if answer.status == _MISSING:
            raise BaseImageUnknown(
                f"the registry {self._url} has no image {self._name}@{reference}: push the image "
                "of the workers, or correct FRAMEMESH_MASTER_SWARM_IMAGE"
            )
        self._check(answer, HTTPStatus.OK)
        return Blob(answer.body, answer.headers.get("Content-Type", ""))

    async def digest_of(self, tag: str) -> str | None:
        """That of the manifest with this tag; None: there is none."""
        answer = await self._ask("HEAD", f"manifests/{tag}", Accept=", ".join(MANIFESTS))
        if answer.status == _MISSING:
            return None
        self._check(answer, HTTPStatus.OK)
        return answer.headers.get("Docker-Content-Digest")

    async def document(self, digest: str) -> Mapping[str, Any]:
        """A blob that is JSON, as the configuration of an image."""
        answer = await self._ask("GET", f"blobs/{digest}")
        self._check(answer, HTTPStatus.OK)
        return answer.document()

    async def has_blob(self, digest: str) -> bool:
        answer = await self._ask("HEAD", f"blobs/{digest}")
        if answer.status == _MISSING:
            return False
        self._check(answer, HTTPStatus.OK)
        return True

    async def put_manifest(self, manifest: Blob, tag: str) -> None:
        answer = await self._send(
            HttpRequest(
                "PUT",
                f"{self._base}manifests/{tag}",
                {"Content-Type": manifest.media_type},
                manifest.content,
            )
        )
        self._check(answer, HTTPStatus.CREATED)

    async def delete_manifest(self, digest: str) -> None:
        """Remove an image; one that is gone is no error.

        Raises:
            DeletionDisabled: this registry removes none.
        """
        answer = await self._ask("DELETE", f"manifests/{digest}")
        if answer.status == _MISSING:
            return
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED or b"UNSUPPORTED" in answer.body:
            raise DeletionDisabled(
                f"the registry {self._url} removes no images: start it with "
                "REGISTRY_STORAGE_DELETE_ENABLED=true, or remove them there"
            )
        self._check(answer, HTTPStatus.ACCEPTED)

    async def begin_upload(self) -> str:
        """The place of a new upload."""
        answer = await self._ask("POST", "blobs/uploads/")
        self._check(answer, HTTPStatus.ACCEPTED)
        return self._place(answer)

    async def received(self, place: str) -> tuple[str, int]:
        """The place of an upload from now on, and how many of its bytes the registry has.

        Raises:
            UploadLost: it has forgotten the upload.
        """
        answer = await self._send(HttpRequest("GET", place))
        if answer.status in _LOST:
            raise UploadLost("the registry has forgotten an upload: beginning it again")
        self._check(answer, HTTPStatus.NO_CONTENT)
        end = answer.headers.get("Range", "0-0").rpartition("-")[2]
        # "0-0" is said of nothing, and of one byte; that one is sent again.
        received = int(end) + 1 if end.isdecimal() and end != "0" else 0
        return self._place(answer), received

    async def upload(self, place: str, offset: int, part: bytes) -> str:
        """Send the next part of a blob, from `offset` on; returns the place for what follows.

        Raises:
            UploadLost: the registry has forgotten the upload, or has another part of it.
        """
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"{offset}-{offset + len(part) - 1}",
        }
        answer = await self._send(HttpRequest("PATCH", place, headers, part))
        if answer.status in _LOST:
            raise UploadLost("the registry has forgotten an upload: beginning it again")
        self._check(answer, HTTPStatus.ACCEPTED)
        return self._place(answer)

    async def end_upload(self, place: str, digest: str) -> None:
        """
        Raises:
            UploadLost: what was sent is not what has this digest, or is gone.
        """
        separator = "&" if "?" in place else "?"
        answer = await self._send(
            HttpRequest("PUT", f"{place}{separator}{urlencode({'digest': digest})}")
        )
        if answer.status in _LOST:
            raise UploadLost("the registry did not keep what was sent: beginning it again")
        self._check(answer, HTTPStatus.CREATED)

    async def _ask(self, method: str, path: str, **headers: str) -> HttpAnswer:
        return await self._send(HttpRequest(method, f"{self._base}{path}", headers))

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        answer = await self._http.send(self._with_credentials(request))
        if answer.status == HTTPStatus.UNAUTHORIZED:
            await self._credentials.answer(answer)
            answer = await self._http.send(self._with_credentials(request))
        return answer

    def _with_credentials(self, request: HttpRequest) -> HttpRequest:
        headers = {**request.headers, **self._credentials.headers}
        return HttpRequest(request.method, request.url, headers, request.body)

    def _place(self, answer: HttpAnswer) -> str:
        where = answer.headers.get("Location")
        if where is None:
            raise RegistryUnavailable(f"{self._url} is no registry: it names no place to send to")
        return urljoin(self._base, where)

    def _check(self, answer: HttpAnswer, expected: HTTPStatus) -> None:
        if answer.status == expected:
            return
        said = " ".join(answer.body.decode(errors="replace").split())[:300]
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise RegistryDenied(
                f"the registry {self._url} does not let the master write to {self._name}: {said}"
            )
        if answer.status == HTTPStatus.INSUFFICIENT_STORAGE or any(
            text in said for text in _NO_SPACE
        ):
            raise RegistryFull(
                f"the registry {self._url} is full: remove images that are not used, or give it a "
                "larger disk"
            )
        raise RegistryUnavailable(
            f"the registry {self._url} answers {answer.status}, not {expected.value}: {said}"
        )
