"""For how long cameras were silent, seen from outside: their counts do not change."""

from collections.abc import Iterable, Mapping

from framemesh.core.ledger.camera_ledger import Account


class CameraSilence:
    """Of the first cameras of one pipeline, by name."""

    def __init__(self, limit: int) -> None:
        """`limit`: how many cameras are told apart."""
        self._limit = limit
        self._seen: dict[str, tuple[int, float]] = {}
        """By camera: the frames that it had offered when that changed last, and when."""

    def looked(self, at_seconds: float, accounts: Mapping[str, Account]) -> None:
        """The accounts of the pipeline at a time, by a clock that never goes back."""
        before, self._seen = self._seen, {}
        for camera in self.chosen(accounts):
            offered = accounts[camera].offered
            seen = before.get(camera)
            self._seen[camera] = seen if seen and seen[0] == offered else (offered, at_seconds)

    def chosen(self, accounts: Iterable[str]) -> list[str]:
        """The cameras that are told apart."""
        return sorted(accounts)[: self._limit]

    def seconds(self, at_seconds: float) -> dict[str, float]:
        """By camera. One that never was seen to send is silent since it was looked at first."""
        return {camera: at_seconds - since for camera, (_, since) in self._seen.items()}
