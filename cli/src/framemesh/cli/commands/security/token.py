"""`framemesh token ...`: who may call a mesh. Only `revoke` needs one; `list` does without."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from framemesh.api.master.v1 import token_pb2, token_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import (
    ANSWER_TIMEOUT_SECONDS,
    CHANGE_SECONDS,
    CallFailed,
    connect_master,
)
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import FileUnwritable
from framemesh.cli.tokens.key_folder import KeyFolder, TokenUnknown, write_private
from framemesh.cli.tokens.table import table
from framemesh.core.clock import SystemClock
from framemesh.core.identity.claims import is_token_id
from framemesh.core.identity.roles import DEFAULT_LIFE_SECONDS, Role
from framemesh.core.identity.scope import Scope
from framemesh.runtime.identity.keys import make_key
from framemesh.runtime.identity.tokens import new_claims, sign

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Make keys, and issue, list and revoke the tokens by which a mesh knows who calls.",
)

Keys = Annotated[
    Path,
    typer.Option(
        envvar="FRAMEMESH_TOKEN_KEYS",
        help="The folder with the keys, and a record of what was issued.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]

KEYS = Path(".framemesh/token-keys")

LIFE = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command()
def key(
    name: Annotated[str, typer.Argument(help="As 2026-11.", show_default=False)],
    *,
    keys: Keys = KEYS,
) -> None:
    """Make a key. NAME.key signs tokens and stays here; give NAME.pub to all services."""
    path = make_key(keys, name)
    public = path.with_suffix(".pub")
    typer.echo(
        f"{path} signs tokens: keep it from everybody\n"
        f"{public} checks them: put it into the folder FRAMEMESH_TOKEN_KEYS of every service"
    )


@app.command()
def issue(
    name: Annotated[
        str,
        typer.Argument(help="To whom; of a camera its name.", show_default=False),
    ],
    *,
    role: Annotated[Role, typer.Option(help="What for.", show_default=False)],
    pipelines: Annotated[
        list[str] | None,
        typer.Option(
            "--pipeline",
            help="A pipeline, TENANT--* or *; may be repeated. Of a service always *.",
            show_default=False,
        ),
    ] = None,
    cameras: Annotated[
        list[str] | None,
        typer.Option(
            "--camera", help="Of a viewer: only this one; may be repeated.", show_default=False
        ),
    ] = None,
    life: Annotated[
        str,
        typer.Option(
            "--for",
            help="How long it counts, as 12h or 30d, 92d at most. By default 30d for cameras and "
            "services, 12h for viewers and operators, 1h for an admin.",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Into this file, which only you can read.", show_default=False),
    ] = None,
    key_name: Annotated[
        str, typer.Option("--key", help="Signed by this key; by default the newest.")
    ] = "",
    keys: Keys = KEYS,
) -> None:
    """Issue a token. It is printed once, and kept nowhere."""
    folder, clock = KeyFolder(keys), SystemClock()
    signing = folder.key(key_name)
    claims = new_claims(
        name,
        role,
        Scope.of(pipelines or (["*"] if role is Role.SERVICE else [])),
        life_seconds=_seconds(life) if life else DEFAULT_LIFE_SECONDS[role],
        clock=clock,
        cameras=tuple(cameras or ()),
    )
    token = sign(claims, signing)
    # First: what is not on record cannot be revoked by its name.
    folder.record(claims, clock)
    if out is None:
        typer.echo(token)
        return
    try:
        write_private(out, f"{token}\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileUnwritable(f"cannot write {out}: {why}") from error
    typer.echo(f"token {claims.id} of {role.value} {name} is in {out}")


@app.command("list")
def list_tokens(
    *,
    as_json: AsJson = False,
    keys: Keys = KEYS,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """List the tokens that were issued here and have not expired."""
    issued = KeyFolder(keys).issued(SystemClock())
    try:
        revoked = _revoked(master)
    except CallFailed as error:
        typer.echo(f"which of them are revoked is not known: {error}", err=True)
        revoked = None
    if as_json:
        found = [
            {**each.to_json(), "revoked": None if revoked is None else each.id in revoked}
            for each in issued
        ]
        typer.echo(json.dumps({"tokens": found}))
    elif issued:
        print_view(table(issued, revoked))
    else:
        typer.echo("no tokens: `framemesh token issue --help` shows how to issue one")


@app.command()
def revoke(
    which: Annotated[
        str,
        typer.Argument(
            metavar="ID|NAME",
            help="The number of a token, or a name: all that were issued to it here.",
            show_default=False,
        ),
    ],
    *,
    keys: Keys = KEYS,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Let a token count no more: within seconds, and also for what it opened before."""
    ends = _ends(KeyFolder(keys), which)
    with connect_master(master) as channel:
        stub = token_pb2_grpc.TokenServiceStub(channel)
        for token_id, expires in ends.items():
            request = token_pb2.RevokeTokenRequest(id=token_id, expires_unix=expires)
            stub.RevokeToken(request, timeout=CHANGE_SECONDS)
            typer.echo(f"token {token_id} is revoked")


def _ends(folder: KeyFolder, which: str) -> dict[str, int]:
    """By number: when each expires; 0 where it was issued elsewhere.

    Raises:
        TokenUnknown: it is a name to which nothing was issued here.
    """
    try:
        return {each.id: each.expires for each in folder.find(which, SystemClock())}
    except TokenUnknown:
        if not is_token_id(which):
            raise
        return {which: 0}


def _revoked(master: str) -> frozenset[str]:
    with connect_master(master) as channel:
        answer = token_pb2_grpc.TokenServiceStub(channel).ListRevokedTokens(
            token_pb2.ListRevokedTokensRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    return frozenset(each.id for each in answer.revoked)


def _seconds(life: str) -> int:
    found = LIFE.fullmatch(life)
    if found is None:
        raise typer.BadParameter(f"--for {life!r}: use a number with its unit, as 12h or 30d")
    return int(timedelta(**{UNITS[found[2]]: int(found[1])}).total_seconds())
