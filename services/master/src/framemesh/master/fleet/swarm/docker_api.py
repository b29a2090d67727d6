"""The REST API of Docker through its SDK."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import docker
from docker.errors import NotFound

from framemesh.master.fleet.swarm.docker_errors import docker_errors
from framemesh.master.fleet.swarm.docker_thread import CALL_TIMEOUT_SECONDS, DockerThread
from framemesh.master.fleet.swarm.swarm_api import Document
from framemesh.master.packaging.login import Login

T = TypeVar("T")

NO_LOGINS: Mapping[str, Login] = MappingProxyType({})


class DockerApi:
    """SwarmApi of the Docker that listens on a socket, which has to be a manager of a swarm."""

    def __init__(
        self,
        socket: str,
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        logins: Mapping[str, Login] = NO_LOGINS,
    ) -> None:
        """
        Args:
            socket: as `unix:///var/run/docker.sock`, or a TCP address of a trusted network.
            logins: by registry, with which the nodes pull images.
        """
        self._logins = logins
        self._socket = socket
        self._timeout_seconds = timeout_seconds
        self._thread = DockerThread(timeout_seconds)
        self._client: Any = None
        """Used in the thread alone; made there, as that asks for the version of the API."""

    async def nodes(self) -> Sequence[Document]:
        return await self._call(lambda client: client.nodes())

    async def services(self, label: str) -> Sequence[Document]:
        return await self._call(lambda client: client.services(filters={"label": label}))

    async def tasks(self) -> Sequence[Document]:
        return await self._call(lambda client: client.tasks())

    async def create_service(self, spec: Document) -> None:
        await self._call(
            lambda client: client.create_service(
                spec["TaskTemplate"], endpoint_spec=spec["EndpointSpec"], **_common(spec)
            )
        )

    async def update_service(self, service_id: str, version: int, spec: Document) -> None:
        await self._call(
            lambda client: client.update_service(
                service_id,
                version,
                spec["TaskTemplate"],
                endpoint_spec=spec["EndpointSpec"],
                **_common(spec),
            )
        )

    async def remove_service(self, service_id: str) -> None:
        def remove(client: Any) -> None:
            try:
                client.remove_service(service_id)
            except NotFound:
                return

        await self._call(remove)

    async def secret_ids(self) -> Mapping[str, str]:
        return _ids(await self._call(lambda client: client.secrets()))

    async def config_ids(self) -> Mapping[str, str]:
        return _ids(await self._call(lambda client: client.configs()))

    def close(self) -> None:
        def disconnect() -> None:
            if self._client is not None:
                self._client.close()

        self._thread.close(disconnect)

    def _connected(self) -> Any:
        client = docker.APIClient(self._socket, timeout=self._timeout_seconds)
        for registry, login in self._logins.items():
            # What `docker login` writes to a file, without the file.
            known = {"username": login.user, "password": login.password, "serveraddress": registry}
            client._auth_configs.add_auth(registry, known)  # noqa: SLF001  no other way to set it
        return client

    async def _call(self, ask: Callable[[Any], T]) -> T:
        def call() -> T:
            with docker_errors(self._socket):
                if self._client is None:
                    self._client = self._connected()
                return ask(self._client)

        return await self._thread.call(call)


def _common(spec: Document) -> dict[str, Any]:
    return {
        "name": spec["Name"],
        "labels": spec["Labels"],
        "mode": spec["Mode"],
        "update_config": spec["UpdateConfig"],
    }


def _ids(documents: Sequence[Document]) -> dict[str, str]:
    return {each["Spec"]["Name"]: each["ID"] for each in documents}
