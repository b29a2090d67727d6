"""HTTP requests to cameras."""

import http.client
import socket
import urllib.error
import urllib.request

from framemesh.sources.errors import SourceFailed, SourceTimedOut
from framemesh.sources.locations import shown
from framemesh.sources.spec import SourceSpec

_WORDS = {
    401: "wants another user or password (401)",
    403: "does not allow this user to see it (403)",
    404: "has no such page (404): is the path of the URL right?",
}


class HttpClient:
    """Opens the URL of a camera, with its user by Basic or Digest."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._name = shown(spec)
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if spec.user or spec.password:
            passwords.add_password(None, spec.place, spec.user, spec.password)
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPBasicAuthHandler(passwords),
            urllib.request.HTTPDigestAuthHandler(passwords),
        )

    def open(self) -> http.client.HTTPResponse:
        """
        Raises:
            SourceFailed, SourceTimedOut: it is refused, or there is no answer.
        """
        spec = self._spec
        try:
            # The time is for each part of the answer.
            answer: http.client.HTTPResponse = self._opener.open(
                spec.place, timeout=min(spec.open_seconds, spec.stall_seconds)
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self.in_words(error) from None
        return answer

    def in_words(self, error: Exception) -> Exception:
        """Why a request or an answer broke off."""
        name, spec = self._name, self._spec
        if isinstance(error, urllib.error.HTTPError):
            words = _WORDS.get(error.code, f"answers with status {error.code}")
            return SourceFailed(f"{name} {words}")
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            return SourceTimedOut(f"{name} sent nothing for {spec.stall_seconds:g} s")
        if isinstance(reason, ConnectionRefusedError):
            return SourceFailed(f"{name} refuses the connection: is it on, and is the port right?")
        if isinstance(reason, socket.gaierror):
            return SourceFailed(f"{name}: its host has no address: is its name right?")
        if isinstance(reason, ConnectionError | http.client.HTTPException):
            return SourceFailed(f"{name} closed the connection")
        return SourceFailed(f"{name} cannot be read: {str(reason).splitlines()[0]}")
