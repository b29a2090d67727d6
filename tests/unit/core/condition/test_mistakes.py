"""A text that is no condition is refused in one line: what is wrong, where, and what to write."""

import pytest

from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.parsing import parse

ALL_NAMES = "label, score, area, x, y, width, height, camera, time, weekday, in_zone, count"
TIME = "a time is written 08:00"
YARD = 'in_zone("yard")'
QUOTES = '(a text has quotes, as "car")'

SYNTAX = [
    ("area", "expected a comparison after 'area' at column 5"),
    ("area and x > 1", "expected a comparison after 'area' at column 6"),
    ("area x", "expected a comparison after 'area' at column 6"),
    ("area >", "expected a name or a value after '>' at column 7"),
    ("area > and x > 1", "expected a name or a value after '>' at column 8"),
    ("area > 0.5 and", "expected a condition after 'and' at column 15"),
    ("and area > 1", "expected a condition at column 1"),
    ("()", "expected a condition after '(' at column 2"),
    ("(area > 0.5", "expected ')' after '0.5' at column 12"),
    ("area > 0.5)", "expected the end of the condition after '0.5' at column 11"),
    (
        "area > 0.5 AND x > 1",
        "expected 'and' or 'or' after '0.5' at column 12: did you mean 'and'?",
    ),
    (
        "score > 0.5 xor x > 1",
        "expected 'and' or 'or' after '0.5' at column 13: did you mean 'or'?",
    ),
    ("label Not in ('a')", "expected a comparison after 'label' at column 7: did you mean 'not'?"),
    ("label in 'a'", "expected '(' after 'in' at column 10"),
    ("label in ()", "expected a value after '(' at column 11"),
    ("label in ('a' 'b')", "expected ',' or ')' after 'a' at column 15"),
    ("label in (camera)", "expected a value after '(' at column 11"),
    ("label not 'a'", "expected 'in' after 'not' at column 11"),
    ("in_zone()", "expected the name of a stage or a zone after '(' at column 9"),
    ("in_zone('a') x > 1", "expected a comparison, 'and' or 'or' after ')' at column 14"),
    ("count(people > 1", "expected ',' or ')' after 'people' at column 14"),
    ("count(people, label) > 1", "expected a comparison after 'label' at column 20"),
    ("x > 0.1 and\n  y", "expected a comparison after 'y' at line 2, column 4"),
]

OTHER_LANGUAGES = [
    ("label = 'x'", "cannot read '=' at column 7: write '=='"),
    ("x > 0.1 && y > 0.1", "cannot read '&&' at column 9: write 'and'"),
    ("x > 0.1 || y > 0.1", "cannot read '||' at column 9: write 'or'"),
    ("!in_zone('a')", "cannot read '!' at column 1: write 'not'"),
    ("x => 0.1", "cannot read '=>' at column 3: write '>='"),
    ("area > 50%", "cannot read '%' at column 10: write a fraction, as 0.5 for 50%"),
    ("area + 1 > 0", "cannot read '+' at column 6: there is no arithmetic"),
    ("area - 1 > 0", "cannot read '-' at column 6: there is no arithmetic, and a text has quotes"),
    ("area -1", "cannot read '-' at column 6: there is no arithmetic, and a text has quotes"),
    ('label == "car', "cannot read '\"' at column 10: the text has no second quote"),
    ("label == \u201ccar\u201d", "cannot read '\u201c' at column 10: quotes are straight"),
    ("x > 1.2.3", "cannot read '1.2.3' at column 5: a number is written 0.5, a time 08:00"),
    ("x > 1e5", "cannot read '1e5' at column 5: a number is written 0.5, a time 08:00"),
    ("time > 8:0", "cannot read '8:0' at column 8: a number is written 0.5, a time 08:00"),
    ("x > 0.5 ; y", "cannot read ';' at column 9: a number is written 0.5, a time 08:00"),
]

NAMES = [
    ("are > 0.5", f"no name 'are' at column 1: did you mean 'area'? {QUOTES}"),
    ("Label == 'a'", f"no name 'Label' at column 1: did you mean 'label'? {QUOTES}"),
    ("label == truck", f"no name 'truck' at column 10: there are {ALL_NAMES} {QUOTES}"),
    ("NOT area > 0.5", f"no name 'NOT' at column 1: did you mean 'not'? {QUOTES}"),
    ("cuont(p) > 1", "no name 'cuont' with brackets at column 1: did you mean 'count'?"),
    ("area(p) > 1", "no name 'area' with brackets at column 1: it has no brackets"),
    ("in_zone and x > 1", 'no brackets after in_zone at column 1: write in_zone("yard")'),
    ("count > 1", "no brackets after count at column 1: write count(people)"),
    (
        "in_zone('bad zone')",
        "bad zone name 'bad zone' at column 9: use 1 to 64 letters, digits, '-' and '_'",
    ),
    (
        f"count({'a' * 65}) > 1",
        f"bad stage name '{'a' * 65}' at column 7: use 1 to 64 letters, digits, '-' and '_'",
    ),
    (f"{'y' * 500} > 1", f"no name '{'y' * 40}...' at column 1: there are {ALL_NAMES} {QUOTES}"),
]

TYPES = [
    ("score > 'a'", 'score, a number, is compared with "a", a text, at column 9'),
    ("label == 1", "label, a text, is compared with 1, a number, at column 10"),
    ("label in ('a', 1)", "label, a text, is compared with 1, a number, at column 16"),
    ("time > 8", f"time, a time of day, is compared with 8, a number, at column 8: {TIME}"),
    ("08:00 < x", f"08:00, a time of day, is compared with x, a number, at column 9: {TIME}"),
    ("0.1 < area < label", "area, a number, is compared with label, a text, at column 14"),
    ("weekday == label", "weekday, a weekday, is compared with label, a text, at column 12"),
    ("count(p) == 'a'", 'count(p), a number, is compared with "a", a text, at column 13'),
    ("weekday == 'monday'", "'monday' is no weekday at column 12: did you mean 'mon'?"),
    ("'Sun' == weekday", "'Sun' is no weekday at column 10: did you mean 'sun'?"),
    (
        "weekday in ('sat', 'so')",
        "'so' is no weekday at column 20: there are mon, tue, wed, thu, fri, sat, sun",
    ),
    ("weekday < 'sat'", "a weekday has no order, so no < at column 11: use == or in"),
    ("label <= camera", "a text has no order, so no <= at column 10: use == or in"),
    ("time == 08:00", "== of a time holds for an instant only, at column 9: use >= and <"),
    ("time in (08:00)", "== of a time holds for an instant only, at column 10: use >= and <"),
    ("1 < 2", "1 is compared with 2, none of them a name, at column 5"),
    ("'a' in ('a')", '"a" is compared with "a", none of them a name, at column 9'),
    ("time > 24:00", "24:00 is no time of day at column 8: use 00:00 to 23:59:59"),
    (f"x > {'9' * 400}", f"the number '{'9' * 40}...' at column 5: it is too large"),
    (
        "label == 'a\u200bb'",
        "the text 'a\\u200bb' at column 10: it has a character that is not printed",
    ),
]

ONE_WAY = "write 0.1 < area < 0.5, or two with and between them"

FORMS = [
    (
        "count(people)",
        "a count alone is neither true nor false at column 1: write count(people) > 0",
    ),
    (
        "in_zone('a') == 1",
        f"in_zone, true or false itself, is compared at column 1: write {YARD} or not {YARD}",
    ),
    (
        "in_zone('a', x > 1)",
        "more than one thing in the brackets of in_zone at column 1: name one zone",
    ),
    (
        "count(p, count(q) > 1) > 0",
        "a count within a count at column 1: compare them side by side, with and",
    ),
    ("0.1 < area > 0.05", f"comparisons in a row do not go one way at column 12: {ONE_WAY}"),
    ("label == 'a' == camera", f"comparisons in a row do not go one way at column 14: {ONE_WAY}"),
]


@pytest.mark.parametrize(("text", "line"), [*SYNTAX, *OTHER_LANGUAGES, *NAMES, *TYPES, *FORMS])
def test_what_is_wrong_is_said_in_one_line_with_its_column(text: str, line: str) -> None:
    with pytest.raises(InvalidCondition) as refused:
        parse(text)
    assert str(refused.value) == line
