"""`framemesh certs ...`: an authority of our own, and certificates for services and cameras."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from framemesh.cli.certificates.authority import (
    AUTHORITY_DAYS,
    LEAF_DAYS,
    MESH_NAME,
    issue,
    new_authority,
)
from framemesh.cli.certificates.described import described
from framemesh.cli.certificates.folder import AUTHORITY, CertificateFolder
from framemesh.cli.certificates.table import table
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import read_bytes

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Make an authority and certificates for tests and small meshes, and show them.",
)

DEFAULT_FOLDER = Path("certs")

Days = Annotated[int, typer.Option(help="How long it is valid.", min=1, max=36_500)]
Folder = Annotated[
    Path, typer.Option("--dir", help="The folder that `certs init` made.", show_default=True)
]


@app.command("init")
def init(
    folder: Annotated[
        Path, typer.Argument(help="A new folder, for the authority.")
    ] = DEFAULT_FOLDER,
    name: Annotated[str, typer.Option(help="What the authority is called.")] = MESH_NAME,
    days: Days = AUTHORITY_DAYS,
) -> None:
    """Make an authority. Whoever has its key can issue certificates: keep ca.key away from the
    machines of the mesh."""
    found = CertificateFolder(folder)
    found.save(AUTHORITY, new_authority(f"{name} authority", datetime.now(UTC), days))
    typer.echo(f"{found.authority_file}  trust this: FRAMEMESH_TLS_CA")
    typer.echo(f"{found.key(AUTHORITY)}  keep this to yourself")
    typer.echo(f"next: framemesh certs issue NAME --dir {folder}")


@app.command("issue")
def issue_certificate(
    name: Annotated[
        str,
        typer.Argument(
            help="Of a service, a node or a camera: the files are NAME.crt and NAME.key.",
            show_default=False,
        ),
    ],
    *,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name or address under which the server is reached; several times. Its NAME, "
            f"`{MESH_NAME}` and this machine are always among them.",
            show_default=False,
        ),
    ] = None,
    client: Annotated[
        bool, typer.Option("--client", help="For a client alone, which cannot pose as a server.")
    ] = False,
    days: Days = LEAF_DAYS,
    folder: Folder = DEFAULT_FOLDER,
    renew: Annotated[
        bool, typer.Option("--renew", help="Replace the files, with another key.")
    ] = False,
) -> None:
    """Issue a certificate for a server (and for it as a client), or for a client alone."""
    if client and host:
        raise typer.BadParameter("a client has no --host: servers do not ask where it is")
    if name == AUTHORITY or "/" in name or name.startswith("."):
        raise typer.BadParameter(f"{name!r} cannot be the name of a file here: choose another")
    found = CertificateFolder(folder)
    pair = issue(
        found.authority(), name, datetime.now(UTC), hosts=host or (), client=client, days=days
    )
    found.save(name, pair, replace=renew)
    typer.echo(f"{found.certificate(name)}  FRAMEMESH_TLS_CERT")
    typer.echo(f"{found.key(name)}  FRAMEMESH_TLS_KEY")


@app.command("show")
def show(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files with certificates, or folders.", show_default=False),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say of certificates whose they are, for what and which hosts, and until when."""
    paths = [path for given in files or [DEFAULT_FOLDER] for path in _certificates(given)]
    if not paths:
        raise typer.BadParameter("there is no certificate: name a file, or a folder with *.crt")
    found = [each for path in paths for each in described(path, read_bytes(path))]
    if as_json:
        typer.echo(json.dumps([each.to_json() for each in found], indent=2))
    else:
        print_view(table(found, datetime.now(UTC)))


def _certificates(path: Path) -> list[Path]:
    return sorted(path.glob("*.crt")) if path.is_dir() else [path]
