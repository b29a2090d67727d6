"""Why a call failed, where gRPC's words may mean certificates."""

import asyncio

from framemesh.runtime.connect_options import ConnectOptions
from framemesh.tls.handshake import may_be_tls, tls_fault


async def explained(details: str, address: str, options: ConnectOptions) -> str:
    """What is wrong with certificates between us and host:port, or `details` as they are.

    Args:
        details: of the status with which gRPC ended a call.
        address: host:port, or several with commas.
    """
    if not may_be_tls(details):
        return details
    return await asyncio.to_thread(tls_fault, address, options.tls) or details
