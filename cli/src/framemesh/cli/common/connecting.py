"""How commands connect to a mesh: as the variables say that its services have, too."""

from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.connect_settings import ConnectSettings
from framemesh.runtime.settings import from_environment


def connect_options() -> ConnectOptions:
    """
    Raises:
        BadSetting: a variable has a value that cannot be used.
        CertificatesUnusable: the files of certificates are missing, or do not fit together.
    """
    settings = from_environment(ConnectSettings)
    settings.check_certificates()
    return settings.connect
