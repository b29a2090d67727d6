from framemesh.cli.local.program import Program, shutdown_waves


def program(name: str, *needs: str) -> Program:
    return Program(name, "127.0.0.1:1", ("true",), needs=needs)


def names(*programs: Program) -> list[list[str]]:
    return [[program.name for program in wave] for wave in shutdown_waves(programs)]


def test_what_is_needed_is_stopped_after_those_that_need_it() -> None:
    order = names(
        program("nats"),
        program("master", "nats"),
        program("ingest", "nats"),
        program("agent", "nats", "master"),
    )
    assert order == [["ingest", "agent"], ["master"], ["nats"]]


def test_programs_that_need_each_other_are_stopped_together() -> None:
    assert names(program("a", "b"), program("b", "a")) == [["a", "b"]]
