"""The gRPC edge of the tokens that are revoked."""

from typing import Any

import grpc.aio

from framemesh.api.master.v1 import token_pb2, token_pb2_grpc
from framemesh.master.errors import MeshOpen
from framemesh.runtime.jetstream.tokens.revocation_store import RevocationStore, RevokedToken
from framemesh.runtime.logs import get_logger

log = get_logger()

Context = grpc.aio.ServicerContext[Any, Any]


class TokenServicer(token_pb2_grpc.TokenServiceServicer):
    def __init__(self, revocations: RevocationStore | None) -> None:
        """`revocations`: None where the master asks nobody for a token."""
        self._revocations = revocations

    async def RevokeToken(
        self, request: token_pb2.RevokeTokenRequest, context: Context
    ) -> token_pb2.RevokeTokenResponse:
        revoked = await self._store().revoke(request.id, request.expires_unix)
        if revoked is None:
            return token_pb2.RevokeTokenResponse()
        log.info("token revoked", token=revoked.id)
        return token_pb2.RevokeTokenResponse(revoked=_to_proto(revoked))

    async def ListRevokedTokens(
        self, request: token_pb2.ListRevokedTokensRequest, context: Context
    ) -> token_pb2.ListRevokedTokensResponse:
        found = await self._store().list()
        return token_pb2.ListRevokedTokensResponse(revoked=map(_to_proto, found))

    def _store(self) -> RevocationStore:
        if self._revocations is None:
            raise MeshOpen(
                "this mesh asks for no tokens: set FRAMEMESH_TOKEN_KEYS where its services run"
            )
        return self._revocations


def _to_proto(token: RevokedToken) -> token_pb2.RevokedToken:
    return token_pb2.RevokedToken(
        id=token.id, expires_unix=token.expires, revoked_unix=token.revoked
    )
