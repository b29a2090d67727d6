"""Keys, tokens and users of the broker that commands make: who may read what they write."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from framemesh.cli.app import app
from framemesh.core.clock import SystemClock
from framemesh.core.identity.roles import Role
from framemesh.runtime.identity.keys import KeyRing
from framemesh.runtime.identity.tokens import TokenReader

NOBODY = "127.0.0.1:9"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def issue(keys: Path, *arguments: str | Path) -> str:
    done = run("token", "issue", "north", "--keys", keys, *arguments)
    assert done.exit_code == 0, done.output
    return done.output.strip()


def test_what_is_issued_is_signed_by_the_newest_key_and_on_record(keys: Path) -> None:
    for name in ("k1", "k2"):
        assert run("token", "key", name, "--keys", keys).exit_code == 0
    token = issue(keys, "--role", "camera", "--pipeline", "street", "--for", "2h")
    claims = TokenReader(KeyRing(keys, SystemClock().monotonic)).read(token)
    assert (claims.name, claims.role, claims.pipelines.parts) == ("north", Role.CAMERA, ("street",))
    assert claims.expires - claims.issued == 7200
    listed = run("token", "list", "--json", "--keys", keys, "--master", NOBODY)
    [found] = json.loads(listed.stdout)["tokens"]
    assert found == claims.to_json() | {"revoked": None}
    assert token not in (keys / "issued.jsonl").read_text()


def test_only_its_owner_reads_a_key_a_record_and_a_token(keys: Path, tmp_path: Path) -> None:
    run("token", "key", "k1", "--keys", keys)
    out = tmp_path / "north.token"
    said = issue(keys, "--role", "viewer", "--pipeline", "*", "--camera", "a", "--out", out)
    assert out.read_text().strip() not in said
    for path in (keys / "k1.key", keys / "issued.jsonl", out):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--role", "camera"), "name 1 to 64 pipelines"),
        (("--role", "camera", "--pipeline", "a b"), "names no pipelines"),
        (("--role", "service", "--pipeline", "street"), "for all pipelines"),
        (("--role", "camera", "--pipeline", "a", "--camera", "b"), "only a viewer"),
        (("--role", "camera", "--pipeline", "a", "--for", "93d"), "to 92 days"),
        (("--role", "camera", "--pipeline", "a", "--for", "soon"), "12h or 30d"),
        (("--role", "camera", "--pipeline", "a", "--key", "k9"), "no private key 'k9'"),
    ],
)
def test_what_cannot_be_issued_is_refused_in_words(
    keys: Path, arguments: tuple[str, ...], words: str
) -> None:
    run("token", "key", "k1", "--keys", keys)
    done = run("token", "issue", "north", "--keys", keys, *arguments)
    assert done.exit_code != 0
    assert words in f"{done.output}{done.exception}"


def test_a_second_run_for_the_broker_keeps_the_passwords(tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    assert run("broker", "users", folder, "--account", "street").exit_code == 0
    before = (folder / "street-ingest.url").read_text()
    again = run("broker", "users", folder, "--account", "street", "--account", "acme=1GiB")
    assert again.exit_code == 0, again.output
    assert (folder / "street-ingest.url").read_text() == before
    password = re.split("[:@]", before)[2]
    assert password in (folder / "users.conf").read_text()
    assert password not in again.output
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_option_takes_a_token() -> None:
    """A command line is in the list of processes."""
    for command in (("push",), ("watch",), ("status",), ("token", "revoke"), ("pipeline", "apply")):
        done = subprocess.run(
            [sys.executable, "-m", "framemesh.cli", *command, "--help"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert "--token" not in done.stdout
