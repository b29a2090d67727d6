"""The registry of images, where one was named."""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from http import HTTPStatus

from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.core.urls import url_without_credentials

ANSWER_SECONDS = 4.0

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment, as the masters ask it."""


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    if not surroundings.registry:
        return [note("no registry was named (--registry): workers have models from the master")]
    return [await in_thread(lambda: asked(surroundings.registry))]


def asked(url: str) -> Finding:
    """Whether a registry answers at the URL."""
    shown = url_without_credentials(url)
    try:
        with _OPENER.open(f"{url.rstrip('/')}/v2/", timeout=ANSWER_SECONDS) as answer:
            return judged(shown, answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return judged(shown, error.code)
    except urllib.error.URLError as error:
        why = error.reason
        if isinstance(why, ssl.SSLError):
            return problem(
                f"the certificate of the registry {shown} is not trusted: {why}",
                "add its authority to the system's, or renew the certificate",
            )
        return problem(f"the registry {shown} does not answer: {why}", _REMEDY)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return problem(f"the registry {shown} does not answer: {error}", _REMEDY)


def judged(shown: str, status: int) -> Finding:
    if status == HTTPStatus.OK:
        return good(f"the registry {shown} answers")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return good(f"the registry {shown} answers, and asks who it is")
    if status == HTTPStatus.NOT_FOUND:
        return problem(f"what answers at {shown} is no registry", _REMEDY)
    return warning(f"the registry {shown} answers with status {status}", "look at its log")


_REMEDY = "start it, or correct FRAMEMESH_MASTER_REGISTRY"
