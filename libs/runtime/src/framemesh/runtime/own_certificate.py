"""Says in the log when the certificate of this process ends, or is not valid at this time."""

import asyncio
import time
from collections.abc import Callable

from framemesh.runtime.logs import get_logger
from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.validity import validity
from framemesh.tls.words import own_fault

log = get_logger()

SOON_SECONDS = 21 * 86_400
"""As `framemesh doctor` has it."""

PERIOD_SECONDS = 6 * 3600.0
"""Between two lines about the same."""


async def tell_of_own_certificate(
    tls: TlsFiles, unix_seconds: Callable[[], float] = time.time
) -> None:
    """Runs beside the work of a process, for as long as that lasts."""
    while True:
        try:
            _tell(tls, unix_seconds())
        except (CertificateFault, ValueError) as error:
            # They are being replaced: whoever uses them says more.
            log.warning("the certificate cannot be examined", trouble=str(error))
        await asyncio.sleep(PERIOD_SECONDS)


def _tell(tls: TlsFiles, now: float) -> None:
    if fault := own_fault(tls, now):
        log.error("the certificate of this process is refused by others", trouble=fault)
        return
    left = validity(tls.read().certificate or b"").end - now
    if left < SOON_SECONDS:
        days = round(left / 86_400)
        log.warning("the certificate ends soon", file=str(tls.certificate), days=days)
