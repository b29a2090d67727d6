"""The decisions of the autoscaler in a round, in one line."""

from tests.chaos.rounds.round import Round


def decisions_line(each: Round) -> str:
    """How many there were, and how many faults struck meanwhile."""
    up = sum(decision.after > decision.before for decision in each.decisions)
    down = len(each.decisions) - up
    struck, faults = len(each.under_scaling), len(each.injected_faults)
    line = (
        f"seed {each.schedule.seed}: {len(each.decisions)} scaling decisions, {up} up and {down}"
        f" down; {struck} of {faults} faults while workers came or went"
    )
    return line if struck else f"{line}: this round shows nothing of scaling, use another seed"
