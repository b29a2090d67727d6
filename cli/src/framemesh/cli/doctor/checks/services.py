"""The health of each service."""

from collections.abc import Iterator, Sequence

from framemesh.cli.common.connecting import connect_options
from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.run_state import ProgramStatus
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.supervision import State
from framemesh.runtime.rpc.health_call import health_of
from framemesh.tls.contexts import client_context
from framemesh.tls.handshake import tls_fault

ANSWER_SECONDS = 2.0

LOGS = "`framemesh logs --service {} --level warning` tells more"


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    services = surroundings.services
    if services is None:
        return [
            note("no mesh runs here", "`framemesh up` starts one; --master and others name another")
        ]
    programs = surroundings.run.programs if surroundings.runs_here and surroundings.run else ()
    told = list(troubled(programs))
    names = {program.name for program in programs if program.state in _TROUBLED}
    found = await in_thread(
        lambda: [
            finding
            for name, address in services.items()
            if name not in names
            for finding in _asked(name, address)
        ]
    )
    return [*told, *found] or [good(f"{', '.join(services)} answer")]


_TROUBLED = {State.FAILED, State.STUCK}


def troubled(programs: Sequence[ProgramStatus]) -> Iterator[Finding]:
    """What their supervisor says of those that do not work."""
    for program in programs:
        if program.state in _TROUBLED:
            yield problem(
                f"{program.name} is {program.state.value}: {program.trouble}",
                LOGS.format(program.name),
            )
        elif program.restarts:
            yield warning(
                f"{program.name} was restarted {program.restarts} times: {program.trouble}",
                LOGS.format(program.name),
            )


def _health(address: str) -> Health:
    tls = connect_options().tls
    if tls is None:
        return health_of(address, ANSWER_SECONDS)
    context = client_context(tls)
    context.set_alpn_protocols(["h2"])
    return health_of(address, ANSWER_SECONDS, context, tls.name)


def _asked(name: str, addresses: str) -> Iterator[Finding]:
    """Of several with commas, each."""
    for address in addresses.split(","):
        match _health(address.strip()):
            case Health.UNANSWERED:
                why = tls_fault(address, connect_options().tls)
                yield problem(
                    f"{name} does not answer at {address}",
                    why or "is it running, and is the address right?",
                )
            case Health.NOT_SERVING:
                yield problem(f"{name} at {address} is not ready", LOGS.format(name))
