"""Files that come with framemesh: in the installed package, or in the checkout around it."""

from pathlib import Path

from framemesh.core.errors import Code, FramemeshError

BUNDLED = {
    "person": "models/person",
    "street": "examples/street",
    "triton.txt": "requirements/triton.txt",
}
"""By their name in a wheel's `framemesh/cli/bundled`: where they are in the repository."""

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = Path(__file__).resolve().parents[5]
"""An editable installation runs from cli/src/framemesh/cli/common of a checkout."""


class BundleMissing(FramemeshError):
    """The bundled files are not where they should be."""

    code = Code.NOT_FOUND


def bundled(name: str) -> Path:
    """The path of a bundled file or folder.

    Raises:
        BundleMissing: it is neither in the package nor in a checkout around it.
    """
    places = (PACKAGE / "bundled" / name, CHECKOUT / BUNDLED[name])
    for place in places:
        if place.exists():
            return place
    raise BundleMissing(f"{places[0]} is missing: install framemesh again")
