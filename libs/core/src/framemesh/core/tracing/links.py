"""Where a trace is shown."""


def trace_url(jaeger: str, trace_id: str) -> str:
    """The page of a trace in Jaeger.

    Args:
        jaeger: the address of its page, as http://jaeger:16686.
    """
    return f"{jaeger.rstrip('/')}/trace/{trace_id}"
