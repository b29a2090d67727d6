"""The settings of every process that connects or listens, as environment variables."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, SecretStr

from framemesh.runtime.connect_options import CertificatesUnusable, ConnectOptions
from framemesh.runtime.identity.token_source import TokenSource
from framemesh.tls.files import TlsFiles

OptionalPath = Annotated[Path | None, BeforeValidator(lambda value: value or None)]
"""Empty: none."""

PLAINTEXT_WORDS = "private-network"


class ConnectSettings(BaseModel):
    """FRAMEMESH_TLS_<NAME> and tokens: the same for services, commands and what they start."""

    tls_ca: OptionalPath = Field(None, validation_alias="FRAMEMESH_TLS_CA")
    """PEM file of the authorities that are trusted. With it everything is encrypted."""
    tls_certificate: OptionalPath = Field(None, validation_alias="FRAMEMESH_TLS_CERT")
    """PEM file of the certificate of this process, and those between it and its authority."""
    tls_key: OptionalPath = Field(None, validation_alias="FRAMEMESH_TLS_KEY")
    """PEM file of its key."""
    tls_name: str = Field("", validation_alias="FRAMEMESH_TLS_NAME")
    """The name that the certificates of all servers have; empty: each has that of its host."""
    tls_clients: Literal["verified", "any"] = Field(
        "verified", validation_alias="FRAMEMESH_TLS_CLIENTS"
    )
    """Who may connect: who shows a certificate, or anybody (who may have a token)."""
    allow_plaintext: Literal["", "private-network"] = Field(
        "", validation_alias="FRAMEMESH_ALLOW_PLAINTEXT"
    )
    """Whether ports that other machines reach may be unencrypted."""

    mesh_token: SecretStr = Field(SecretStr(""), validation_alias="FRAMEMESH_TOKEN")
    """That this process shows to servers."""
    mesh_token_file: OptionalPath = Field(None, validation_alias="FRAMEMESH_TOKEN_FILE")
    """Has it, in place of FRAMEMESH_TOKEN, and is read for each call: it may be replaced."""

    @property
    def tls(self) -> TlsFiles | None:
        """None: nothing is encrypted."""
        if self.tls_ca is None:
            return None
        return TlsFiles(self.tls_ca, self.tls_certificate, self.tls_key, self.tls_name)

    @property
    def connect(self) -> ConnectOptions:
        """How this process connects to the others."""
        return ConnectOptions(
            tls=self.tls,
            verify_clients=self.tls_clients == "verified",
            plaintext_allowed=self.allow_plaintext == PLAINTEXT_WORDS,
            token=TokenSource(self.mesh_token.get_secret_value().strip(), self.mesh_token_file),
        )

    def check_certificates(self, *, server: bool = False) -> None:
        """Make sure that the files are complete, can be read and fit together.

        Args:
            server: whether this process listens, or what it starts.

        Raises:
            CertificatesUnusable: they are not.
        """
        if self.tls_ca is None and (self.tls_certificate or self.tls_key):
            raise CertificatesUnusable(
                "FRAMEMESH_TLS_CA: is missing: it says whom to trust, as FRAMEMESH_TLS_CERT and "
                "FRAMEMESH_TLS_KEY say who we are"
            )
        if server and self.tls is not None and self.tls_certificate is None:
            raise CertificatesUnusable(
                "FRAMEMESH_TLS_CERT: is missing: a service that encrypts shows who it is; "
                "FRAMEMESH_TLS_KEY is its key"
            )
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "CERT" if self.tls_certificate is None else "KEY"
            raise CertificatesUnusable(
                f"FRAMEMESH_TLS_{missing}: is missing: a certificate and its key belong together"
            )
        self.connect.watch()

    @property
    def connect_environment(self) -> dict[str, str]:
        """The same as variables, for processes on other machines; without those that are unset."""
        found = {
            "FRAMEMESH_TLS_CA": self.tls_ca,
            "FRAMEMESH_TLS_CERT": self.tls_certificate,
            "FRAMEMESH_TLS_KEY": self.tls_key,
            "FRAMEMESH_TLS_NAME": self.tls_name,
            "FRAMEMESH_TLS_CLIENTS": "" if self.tls_clients == "verified" else self.tls_clients,
            "FRAMEMESH_ALLOW_PLAINTEXT": self.allow_plaintext,
            "FRAMEMESH_TOKEN_FILE": self.mesh_token_file,
        }
        return {name: str(value) for name, value in found.items() if value}
