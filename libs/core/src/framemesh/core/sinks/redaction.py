"""What may be shown of a definition: never a password."""

from dataclasses import replace

from framemesh.core.sinks.spec import SinkSpec
from framemesh.core.urls import HIDDEN, url_without_credentials


def redacted(spec: SinkSpec) -> SinkSpec:
    """The same without what must not be seen in lists and logs."""
    options = replace(spec.options, secret=HIDDEN) if spec.options.secret else spec.options
    target = spec.target if spec.kind.is_folder else url_without_credentials(spec.target)
    return replace(spec, target=target, options=options)
