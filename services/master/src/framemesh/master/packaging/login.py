"""Who the master and the nodes are to a registry."""

import base64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str

    @property
    def header(self) -> str:
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"
