"""`framemesh certs`: what it issues, and what it does not overwrite."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from framemesh.cli.certificates.authority import (
    CLOCKS_DIFFER,
    CannotIssue,
    Pair,
    issue,
    issued_by,
    new_authority,
)
from framemesh.cli.certificates.described import described
from framemesh.cli.commands.security.certs import app

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.output


def loaded(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def test_an_authority_and_what_it_issues(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    assert run("init", folder)[0] == 0
    assert (
        run("issue", "node-a", "--dir", folder, "--host", "10.0.0.5", "--host", "a.example")[0] == 0
    )
    assert run("issue", "door", "--client", "--dir", folder)[0] == 0
    for key in folder.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    (node,) = described(folder, (folder / "node-a.crt").read_bytes())
    assert {"node-a", "framemesh", "localhost", "127.0.0.1", "10.0.0.5", "a.example"} <= set(
        node.hosts
    )
    assert node.uses == ("server", "client")
    (door,) = described(folder, (folder / "door.crt").read_bytes())
    assert (door.name, door.uses, door.hosts) == ("door", ("client",), ())
    status, output = run("show", folder)
    assert status == 0
    assert [line.split()[1] for line in output.splitlines()[2:]] == ["door", "node-a"]
    assert '"uses"' in run("show", folder / "door.crt", "--json")[1]


def test_no_file_is_replaced_unless_that_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    run("init", folder)
    run("issue", "door", "--client", "--dir", folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    status, output = run("init", folder)
    assert (status, "is there already, and nothing was changed" in output) == (1, True)
    status, output = run("issue", "door", "--client", "--dir", folder)
    assert (status, "--renew replaces it" in output) == (1, True)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert run("issue", "door", "--client", "--dir", folder, "--renew")[0] == 0
    assert (folder / "door.key").read_bytes() != before[folder / "door.key"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("issue", "door"), "`framemesh certs init"),
        (("issue", "ca"), "cannot be the name of a file here"),
        (("issue", "../door"), "cannot be the name of a file here"),
        (("issue", "door", "--client", "--host", "a"), "a client has no --host"),
        (("show", "gone"), "cannot read gone"),
    ],
)
def test_what_cannot_be_is_told(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = run(*arguments)
    assert status
    assert words in " ".join(output.replace("│", " ").split())


@pytest.mark.parametrize("host", ["a:7401", "", "a b", "*", "a..b", "-" * 64])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(CannotIssue, match="without a port"):
        issue(new_authority("ca", NOW), "node", NOW, hosts=[host])


def test_a_certificate_ends_no_later_than_its_authority() -> None:
    authority = new_authority("ca", NOW, days=10)
    found = loaded(issue(authority, "node", NOW, days=400))
    assert found.not_valid_after_utc == NOW + timedelta(days=10)
    assert found.not_valid_before_utc == NOW - CLOCKS_DIFFER
    assert issued_by(found, loaded(authority))
    assert not issued_by(found, loaded(new_authority("ca", NOW)))


def test_the_key_of_another_authority_issues_nothing() -> None:
    one, other = new_authority("ca", NOW), new_authority("ca", NOW)
    with pytest.raises(CannotIssue, match="is not that of its certificate"):
        issue(Pair(one.certificate, other.key), "node", NOW)
