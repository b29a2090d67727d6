"""What the driver needs of Docker, as documents of its REST API (version 1.41 and later)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Document = Mapping[str, Any]
"""JSON as Docker writes it."""


class SwarmApi(Protocol):
    """All methods are answered within a few seconds or raise one of `errors`."""

    async def nodes(self) -> Sequence[Document]: ...

    async def services(self, label: str) -> Sequence[Document]:
        """The services that have this label, whatever its value."""
        ...

    async def tasks(self) -> Sequence[Document]:
        """Of all services, with those that ended: the swarm keeps some five of each slot."""
        ...

    async def create_service(self, spec: Document) -> None:
        """
        Raises:
            ServiceChanged: there is one of this name.
            ServiceRefused: such a service cannot be.
        """
        ...

    async def update_service(self, service_id: str, version: int, spec: Document) -> None:
        """Replace the specification of a service that is still of `version`.

        Raises:
            ServiceChanged: it is not.
            ServiceRefused: such a service cannot be.
        """
        ...

    async def remove_service(self, service_id: str) -> None:
        """Stop its tasks, with their grace period. One that is gone already is no error."""
        ...

    async def secret_ids(self) -> Mapping[str, str]:
        """By name."""
        ...

    async def config_ids(self) -> Mapping[str, str]:
        """By name."""
        ...
