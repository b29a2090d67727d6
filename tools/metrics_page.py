"""Writes docs/metrics.md and the boards in deploy/grafana from the table of metrics in
libs/core, or checks that they are fresh."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from framemesh.core.metrics.frames import FRAMES
from framemesh.core.metrics.mesh import MESH
from framemesh.core.metrics.metric import Metric
from framemesh.core.metrics.process import PROCESS
from framemesh.core.metrics.sinks import SINKS
from tools.grafana import board

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/metrics.md"
BOARDS = ROOT / "deploy/grafana"

HEAD = """\
# Metrics

What each process tells Prometheus at `/metrics`, where `FRAMEMESH_<SERVICE>_METRICS` says; how to
have it read is in [operate.md](operate.md#metrics). Made from the table in
[libs/core](../libs/core/src/framemesh/core/metrics/table.py) by `make metrics-docs`, as are the
boards for Grafana in [deploy/grafana](../deploy/grafana).

- An ingest of several processes tells of all of them, with the label `process`.
- Of one metric a process tells at most 2,000 series; what comes beyond is counted together, under
  `other`.
- Frames, sessions and workers are not told apart; cameras only with
  `FRAMEMESH_MONITOR_METRICS_CAMERAS`.
- A histogram has three series: `_bucket`, `_sum` and `_count`. Bounds of durations go from 0.1 ms
  to 50 s: the 1, 2.5 and 5 of each decade.
- The master that leads tells of workers and nodes; the others tell that they do not lead.
"""

AREAS = (
    ("Frames", "frames", FRAMES),
    ("The mesh", "mesh", MESH),
    ("Sinks", "sinks", SINKS),
    ("Every process", "processes", PROCESS),
)
"""Title, name of the board, and metrics of each part."""


def page() -> str:
    """The whole page, in Markdown."""
    return HEAD + "".join(_section(title, metrics) for title, _, metrics in AREAS)


def _section(title: str, metrics: Iterable[Metric]) -> str:
    head = "| metric | kind | attributes | of | what it is |\n|---|---|---|---|---|\n"
    return f"\n## {title}\n{head}" + "".join(map(_row, metrics))


def _row(metric: Metric) -> str:
    attributes = ", ".join(f"`{each}`" for each in metric.attributes)
    services = ", ".join(each.value for each in metric.services)
    of = services if len(metric.services) < 3 else "all"
    name, kind = metric.prometheus_name, metric.kind.value
    return f"| `{name}` | {kind} | {attributes} | {of} | {metric.description} |\n"


def files() -> dict[Path, str]:
    """All files and what is in them."""
    boards = {
        BOARDS / f"{name}.json": json.dumps(board(name, title, metrics), indent=1) + "\n"
        for title, name, metrics in AREAS
    }
    return {PAGE: page(), **boards}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    for path, content in files().items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        elif not path.exists() or path.read_text() != content:
            raise SystemExit(f"{path.relative_to(ROOT)} is stale: run `make metrics-docs`")


if __name__ == "__main__":
    main()
