"""How tokens look on a terminal."""

from collections.abc import Collection, Sequence

from framemesh.cli.common.time_format import format_second
from framemesh.cli.views.listing import Column, Listing
from framemesh.core.clock import NANO
from framemesh.core.identity.claims import Claims


def table(tokens: Sequence[Claims], revoked: Collection[str] | None) -> Listing:
    """A row a token; `revoked` None: it is not known which are."""
    titles = ("token", "name", "role", "pipelines", "cameras", "expires (UTC)", "state")
    view = Listing([Column(title) for title in titles])
    for each in tokens:
        view.add(
            each.id,
            each.name,
            each.role.value,
            str(each.pipelines),
            ", ".join(each.cameras),
            format_second(each.expires * NANO),
            "" if revoked is None else "revoked" if each.id in revoked else "counts",
        )
    return view
