"""The token that `framemesh up` makes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from framemesh.cli.local.dashboard_token import FILE, dashboard_token, page_address


def test_a_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    token = dashboard_token(tmp_path / "data")
    assert len(token) >= 32
    assert dashboard_token(tmp_path / "data") == token
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_those_who_make_one_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(dashboard_token, [tmp_path] * 64))
    assert len(made) == 1


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("\n")
    assert len(dashboard_token(tmp_path)) >= 32


def test_the_token_is_the_fragment_of_the_address(tmp_path: Path) -> None:
    address = page_address("http://127.0.0.1:7400/", tmp_path)
    assert address == f"http://127.0.0.1:7400/#token={dashboard_token(tmp_path)}"


def test_without_a_token_that_can_be_read_the_address_is_told_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert page_address("http://127.0.0.1:7400/", tmp_path) == "http://127.0.0.1:7400/"
