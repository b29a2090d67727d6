"""The built page: index.html and its assets, files of this package."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from framemesh.monitor.dashboard.http.refusals import refuse

BUILT = Path(__file__).resolve().parent.parent / "page"

FOREVER = "public, max-age=31536000, immutable"
"""For files whose names change with their content: a hash is part of them."""

NOT_BUILT = (
    "The dashboard's page is not built: run `make web` in a checkout of framemesh. "
    "What it shows is under /api/v1.\n"
)


class Page:
    """Serves the files of one folder; every other path is index.html, which knows its own paths."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        # Read once: a path that is not among these is never looked for on the disk.
        self._files = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    @property
    def routes(self) -> list[Route]:
        return [Route("/{path:path}", self._file)]

    async def _file(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = self._files.get(path)
        if found is not None and path != "index.html":
            kept = FOREVER if path.startswith("assets/") else "no-cache"
            return FileResponse(found, headers={"Cache-Control": kept})
        if path.startswith(("api/", "assets/")):
            return refuse(404, f"/{path[:200]}: there is no such thing here")
        if (index := self._files.get("index.html")) is None:
            return PlainTextResponse(NOT_BUILT, 404)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
