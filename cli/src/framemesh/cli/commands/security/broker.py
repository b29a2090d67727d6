"""`framemesh broker users`: users of the broker, and an account a mesh. No mesh is needed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError

from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import FileUnwritable
from framemesh.cli.tokens.key_folder import write_private
from framemesh.core.names import check_name
from framemesh.runtime.processes.nats_users import (
    SERVICES,
    Account,
    AccountLimits,
    users_configuration,
)

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Make the configuration of a broker that knows its users.",
)

CONFIGURATION = "users.conf"


@app.callback()
def broker() -> None:
    """Make the configuration of a broker that knows its users."""


@app.command()
def users(
    folder: Annotated[
        Path, typer.Argument(help="Gets users.conf, and a file for each user.", show_default=False)
    ],
    *,
    accounts: Annotated[
        list[str],
        typer.Option(
            "--account",
            metavar="NAME[=SIZE]",
            help="A mesh of its own, and what its streams may take; may be repeated.",
            show_default=False,
        ),
    ],
    address: Annotated[
        str, typer.Option(help="host:port of the broker, as services reach it.")
    ] = "127.0.0.1:4222",
    include: Annotated[
        str,
        typer.Option(
            help="The configuration that users.conf adds to, as a path from its folder on."
        ),
    ] = "nats-server.conf",
) -> None:
    """Make users with the permissions of each service, and no more.

    Run again with further accounts, it keeps the passwords that there are.
    """
    made = [_account(folder, each) for each in accounts]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for account in made:
            for service in SERVICES:
                path = _url_file(folder, account.name, service)
                write_private(path, f"{account.url(service, address)}\n")
        write_private(folder / CONFIGURATION, users_configuration(made, include))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileUnwritable(f"cannot write to {folder}: {why}") from error
    typer.echo(f"{folder / CONFIGURATION}: run nats-server with it, and let nobody else read it")
    for line in _advice(folder, made):
        typer.echo(line)


def _account(folder: Path, text: str) -> Account:
    name, _, size = text.partition("=")
    check_name("account", name)
    try:
        file_bytes = TypeAdapter(ByteSize).validate_python(size) if size else 0
    except ValidationError as error:
        raise typer.BadParameter(f"--account {text!r}: write the size as 50GiB") from error
    known = {
        service: password
        for service in SERVICES
        if (password := _password(_url_file(folder, name, service)))
    }
    return Account.of(name, AccountLimits(file_bytes=file_bytes), known)


def _password(file: Path) -> str:
    """That is in a file of an earlier run; empty: there is none."""
    try:
        return file.read_text().partition("@")[0].rpartition(":")[2]
    except (OSError, UnicodeDecodeError):
        return ""


def _url_file(folder: Path, account: str, service: str) -> Path:
    return folder / f"{account}-{service}.url"


def _advice(folder: Path, accounts: Iterable[Account]) -> Iterable[str]:
    for account in accounts:
        for service in SERVICES:
            path = _url_file(folder, account.name, service).absolute()
            yield f"FRAMEMESH_NATS=file://{path} for {service} of {account.name}"
