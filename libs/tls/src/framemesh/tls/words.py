"""What is wrong with certificates, in one line for the person who can mend it."""

import ssl
import time
from datetime import UTC, datetime

from framemesh.tls.files import TlsFiles
from framemesh.tls.validity import Unreadable, validity

EXPIRED, NOT_YET_VALID, WRONG_PURPOSE, OTHER_NAME, OTHER_ADDRESS = 10, 9, 26, 62, 64
"""Codes of OpenSSL (x509_vfy.h)."""


def unencrypted(shown: str) -> str:
    """What to say of a server that speaks no TLS, which we do."""
    return (
        f"{shown} does not encrypt, and we do: give its process certificates, or take ours away"
        " (FRAMEMESH_TLS_CA)"
    )


def handshake_fault(shown: str, files: TlsFiles, error: ssl.SSLError) -> str:
    """What to say of a handshake with host:port that failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(shown, files, error)
    if error.reason == "WRONG_VERSION_NUMBER":
        return unencrypted(shown)
    return refused(shown, files)


def _untrusted(shown: str, files: TlsFiles, error: ssl.SSLCertVerificationError) -> str:
    match error.verify_code:
        case code if code in {EXPIRED, NOT_YET_VALID}:
            why = "has expired" if code == EXPIRED else "is not valid yet"
            return (
                f"the certificate of {shown} {why}: renew it there, or correct the clock"
                f" (it is {_time(time.time())} here)"
            )
        case code if code in {OTHER_NAME, OTHER_ADDRESS}:
            name = files.name or shown.rpartition(":")[0]
            return (
                f"the certificate of {shown} is not for {name}: issue one for that name"
                " (`framemesh certs issue --host`), or say which name it has (FRAMEMESH_TLS_NAME)"
            )
        case code if code == WRONG_PURPOSE:
            return (
                f"the certificate of {shown} is one of clients: issue one for servers there"
                " (`framemesh certs issue --host`)"
            )
        case _:
            return (
                f"the certificate of {shown} is not trusted: {error.verify_message.lower()}; is"
                f" {files.ca} the authority that issued it?"
            )


def refused(shown: str, files: TlsFiles) -> str:
    """What to say of a server that ends a connection once it has seen our certificate."""
    if files.certificate is None:
        return (
            f"{shown} asks for a certificate, and we have none: give one and its key"
            " (FRAMEMESH_TLS_CERT, FRAMEMESH_TLS_KEY)"
        )
    return own_fault(files) or (
        f"{shown} refuses the certificate {files.certificate}: is it for clients, of an authority"
        " that is trusted there, and is the clock there right?"
    )


def own_fault(files: TlsFiles, now: float | None = None) -> str:
    """Why nobody accepts our own certificate at this time; empty: its time is right."""
    if files.certificate is None:
        return ""
    now = time.time() if now is None else now
    try:
        valid = validity(files.read().certificate or b"")
    except Unreadable as error:
        return f"{files.certificate}: {error}"
    if now > valid.end:
        return (
            f"the certificate {files.certificate} has expired ({_time(valid.end)}, and it is"
            f" {_time(now)} here): renew it, or correct the clock"
        )
    if now < valid.start:
        return (
            f"the certificate {files.certificate} is valid from {_time(valid.start)} on, and it is"
            f" {_time(now)} here: correct the clock, or issue another one"
        )
    return ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
