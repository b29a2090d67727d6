"""Every subject of JetStream's API that we use.

`tests/unit/runtime/test_jetstream_api_only.py` keeps them out of all other files.
"""

API = "$JS.API"

ACCOUNT_INFO = f"{API}.INFO"
STREAM_NAMES = f"{API}.STREAM.NAMES"

SERVERS = "$SYS.REQ.ACCOUNT.PING.CONNZ"
"""Asks every server for our connections to it, which is the one question that each of them answers
to every user; what it says of itself comes with it."""


def stream_create(stream: str) -> str:
    return f"{API}.STREAM.CREATE.{stream}"


def stream_update(stream: str) -> str:
    return f"{API}.STREAM.UPDATE.{stream}"


def stream_info(stream: str) -> str:
    return f"{API}.STREAM.INFO.{stream}"


def stream_delete(stream: str) -> str:
    return f"{API}.STREAM.DELETE.{stream}"


def stream_purge(stream: str) -> str:
    return f"{API}.STREAM.PURGE.{stream}"


def message_get(stream: str) -> str:
    """Answered by the leader of the stream."""
    return f"{API}.STREAM.MSG.GET.{stream}"


def message_delete(stream: str) -> str:
    return f"{API}.STREAM.MSG.DELETE.{stream}"


def direct_get(stream: str) -> str:
    """Answered by any replica of the stream, which may be a little behind."""
    return f"{API}.DIRECT.GET.{stream}"


def consumer_create(stream: str) -> str:
    """Of one without a name, which the server gives it."""
    return f"{API}.CONSUMER.CREATE.{stream}"


def durable_create(stream: str, consumer: str) -> str:
    return f"{API}.CONSUMER.DURABLE.CREATE.{stream}.{consumer}"


def consumer_names(stream: str) -> str:
    return f"{API}.CONSUMER.NAMES.{stream}"


def consumer_info(stream: str, consumer: str) -> str:
    return f"{API}.CONSUMER.INFO.{stream}.{consumer}"


def consumer_delete(stream: str, consumer: str) -> str:
    return f"{API}.CONSUMER.DELETE.{stream}.{consumer}"


def consumer_reset(stream: str, consumer: str) -> str:
    return f"{API}.CONSUMER.RESET.{stream}.{consumer}"


def consumer_next(stream: str, consumer: str) -> str:
    """Where pull requests go."""
    return f"{API}.CONSUMER.MSG.NEXT.{stream}.{consumer}"


QUESTIONS = (
    ACCOUNT_INFO,
    STREAM_NAMES,
    f"{API}.STREAM.INFO.",
    f"{API}.STREAM.MSG.GET.",
    f"{API}.DIRECT.GET.",
    f"{API}.CONSUMER.NAMES.",
    f"{API}.CONSUMER.INFO.",
)


def is_question(subject: str) -> bool:
    """Whether a call of this subject changes nothing."""
    return subject.startswith(QUESTIONS)
