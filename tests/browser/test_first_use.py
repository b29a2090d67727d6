"""Two commands, and boxes are on the screen."""

from pathlib import Path

import pytest

from tests.browser.browser import Browser
from tests.browser.dashboard import BUSY_LOOP
from tests.browser.first_use import first_use

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300), BUSY_LOOP]


async def test_up_and_try_put_boxes_on_the_screen(browser: Browser, tmp_path: Path) -> None:
    found = await first_use(browser, tmp_path)
    # How long it takes beside other tests says nothing: `python -m tests.browser.first_use` does.
    assert found.up < found.boxes
