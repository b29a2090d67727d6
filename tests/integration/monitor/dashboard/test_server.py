"""Who is answered, and how refusals look."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from framemesh.runtime.processes.ports import AddressTaken
from tests.integration.monitor.dashboard.conftest import TOKEN, Dashboard, dashboard

LIVE = "api/v1/live"


async def test_a_session_without_a_token_may_only_read(board: Dashboard) -> None:
    assert (await board.get("session"))["writable"] is False


async def test_a_session_with_the_token_may_write(board: Dashboard) -> None:
    board.client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert (await board.get("session"))["writable"] is True


async def test_a_wrong_token_is_refused_in_one_line(board: Dashboard) -> None:
    board.client.headers["Authorization"] = "Bearer of another test"
    refused = await board.get("session", 401)
    assert refused == {"error": "this is not the token of the dashboard: `framemesh up` prints it"}


async def test_without_a_token_of_its_own_nothing_can_be_changed(
    nats_url: str, board: Dashboard
) -> None:
    async with dashboard(nats_url, token="") as read_only:
        read_only.client.headers["Authorization"] = "Bearer x"
        assert "read-only" in (await read_only.get("session", 401))["error"]


async def test_every_answer_tells_browsers_what_not_to_do(board: Dashboard) -> None:
    for path in ("/", "/api/v1/session", "/api/v1/nothing"):
        headers = (await board.client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_name_that_is_not_ours_is_refused(board: Dashboard) -> None:
    answer = await board.client.get("/api/v1/session", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "FRAMEMESH_MONITOR_HOSTS" in answer.json()["error"]


async def test_names_can_be_added(nats_url: str, board: Dashboard) -> None:
    async with dashboard(nats_url, hosts="mesh.example, other.example") as named:
        answer = await named.client.get("/api/v1/session", headers={"Host": "Mesh.example:80"})
        assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_site_gets_no_live_connection(
    board: Dashboard, origin: str
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with board.browser(Origin=origin):
            pass


async def test_our_own_page_gets_a_live_connection(board: Dashboard) -> None:
    async with board.browser(Origin=f"http://{board.address}") as browser:
        await browser.ask(mesh=True)
        assert (await browser.message("mesh"))["pipelines"][0]["name"] == "street"


async def test_a_wrong_token_ends_a_live_connection_with_the_reason(board: Dashboard) -> None:
    async with board.browser() as browser:
        await browser.ask(token="of another test")  # noqa: S106
        assert "not the token" in (await browser.message("error"))["error"]
        with pytest.raises(ConnectionClosed):
            await browser.message("mesh")
        assert browser.socket.close_code == 4401


@pytest.mark.parametrize("text", ["", "[]", '{"wall": {"cameras": [], "width": 1}}', '{"odd": 1}'])
async def test_a_message_that_is_not_understood_is_answered_by_one_line(
    board: Dashboard, text: str
) -> None:
    async with board.browser() as browser:
        await browser.socket.send(text)
        assert "not understood" in (await browser.message("error"))["error"]
        await browser.ask(mesh=True)
        await browser.message("mesh")


async def test_a_page_that_is_not_built_says_how_to_build_it(board: Dashboard) -> None:
    answer = await board.client.get("/")
    if answer.status_code == 404:
        assert "make web" in answer.text


async def test_unknown_addresses_are_refused_as_json(board: Dashboard) -> None:
    assert "error" in await board.get("nothing", 404)
    assert "error" in (await board.client.post("/api/v1/session")).json()


async def test_the_port_of_another_program_is_named(nats_url: str, board: Dashboard) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        async with dashboard(nats_url, http=board.address):
            pass
    assert caught.group_contains(AddressTaken, match=board.address)


async def test_the_monitor_ends_in_time_while_browsers_look(
    nats_url: str, board: Dashboard
) -> None:
    async with asyncio.timeout(10), board.browser() as browser:
        async with dashboard(nats_url) as other, other.browser() as leaving:
            await leaving.ask(mesh=True)
            await leaving.message("mesh")
        await browser.ask(mesh=True)
        await browser.message("mesh")
