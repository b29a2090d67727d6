"""Whether a Jaeger has a page for people: what is built from its Go module has its API alone."""

import http.client
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

ANSWER_SECONDS = 2.0

NO_PAGE = b"not compiled with the UI assets"
"""What such a one says in place of its page."""

READ_BYTES = 64 * 1024


def has_page(jaeger: str) -> bool:
    """False only where Jaeger says so: one that does not answer here may answer browsers. Blocks.

    Args:
        jaeger: the address of its page, as http://jaeger:16686.
    """
    try:
        with urlopen(jaeger, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  a setting
            return NO_PAGE not in answer.read(READ_BYTES)
    except HTTPError as error:
        return error.code != HTTPStatus.NOT_FOUND
    except (OSError, ValueError, http.client.HTTPException):
        return True
