"""Who the master is to a registry: nobody, a user with a password, or the bearer of a token."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from framemesh.master.packaging.errors import RegistryDenied
from framemesh.master.packaging.http_client import HttpAnswer, HttpClient, HttpRequest
from framemesh.master.packaging.login import Login

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')

OK = 200


class Credentials:
    """Answers the challenges of one registry."""

    def __init__(self, http: HttpClient, registry: str, login: Login | None) -> None:
        self._http = http
        self._registry = registry
        self._login = login
        self._header = login.header if login else ""

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes with every request."""
        return {"Authorization": self._header} if self._header else {}

    async def answer(self, challenge: HttpAnswer) -> None:
        """Get a token where the registry wants one.

        Raises:
            RegistryDenied: there is nothing else to try.
            RegistryUnavailable: whoever gives the tokens does not answer.
        """
        kind, _, rest = challenge.headers.get("WWW-Authenticate", "").partition(" ")
        asked = dict(_PARAMETER.findall(rest))
        if kind.lower() != "bearer" or "realm" not in asked:
            raise self._denied()
        query = urlencode({name: asked[name] for name in ("service", "scope") if name in asked})
        headers = {"Authorization": self._login.header} if self._login else {}
        answer = await self._http.send(HttpRequest("GET", f"{asked['realm']}?{query}", headers))
        if answer.status != OK:
            raise self._denied()
        found = answer.document()
        self._header = f"Bearer {found.get('token') or found.get('access_token')}"

    def _denied(self) -> RegistryDenied:
        who = f"user {self._login.user!r}" if self._login else "anybody"
        return RegistryDenied(
            f"the registry {self._registry} does not admit {who}: set "
            "FRAMEMESH_MASTER_REGISTRY_USER and FRAMEMESH_MASTER_REGISTRY_PASSWORD_FILE"
        )
