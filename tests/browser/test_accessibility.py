"""axe finds nothing serious on any screen, light or dark."""

from typing import Literal

import pytest

from tests.browser.dashboard import BUSY_LOOP, Dashboard
from tests.browser.test_screens import UNDECODABLE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240), BUSY_LOOP]

SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.browser)])
async def test_axe_finds_nothing_serious(
    dashboard: Dashboard, jpegs: list[bytes], theme: Literal["light", "dark"]
) -> None:
    empty = await dashboard.open(theme=theme)
    await empty.shows("framemesh push")
    assert [one for one in await empty.violations() if one["impact"] in SERIOUS] == []
    await dashboard.find_people("street")
    camera = await dashboard.mesh.push("street", "door", [*jpegs[:5], UNDECODABLE])
    frame = f"pipelines/street/frames/door/{camera.session}"
    ready = {
        "": ".tile",
        "wall/street/door": ".controls",
        "pipelines": "tbody tr",
        "pipelines/street": ".plot canvas",
        "pipelines/street/frames": "tbody tr",
        "pipelines/street/dead-letters": "tbody tr",
        f"{frame}/1": ".facts",
        f"{frame}/6": ".changes",
        "workers": "tr[data-worker]",
        "ledger": "tr[data-camera]",
        "nowhere": "h1",
    }
    page = await dashboard.open(theme=theme, token=dashboard.token)
    for path, element in ready.items():
        await page.go(dashboard.address + path)
        await page.until(f"document.querySelector({element!r})")
        found = [one for one in await page.violations() if one["impact"] in SERIOUS]
        assert found == [], path
