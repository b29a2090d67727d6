"""The grammar of conditions, in the form that lark reads."""

from typing import Final

GRAMMAR: Final = r"""
?start: either
?either: both
    | both (_OR both)+ -> any_of
?both: negation
    | negation (_AND negation)+ -> all_of
?negation: _NOT negation -> inverted
    | simple
?simple: operand (COMPARATOR operand)+ -> comparison
    | operand _IN choices -> member
    | operand _NOT _IN choices -> not_member
    | call -> truth
    | "(" either ")"
choices: "(" literal ("," literal)* ","? ")"

?operand: NAME -> named
    | call -> counted
    | literal
call: NAME "(" (WORD | STRING) ("," either)? ")"
?literal: STRING -> text
    | NUMBER -> number
    | TIME -> time

_AND.2: /and\b/
_OR.2: /or\b/
_NOT.2: /not\b/
_IN.2: /in\b/
COMPARATOR: /[=!<>]=|[<>]/
NAME.1: /(?!(and|or|not|in)\b)[^\W\d]\w*/
STRING: /"[^"\x00-\x1f]*"|'[^'\x00-\x1f]*'/
TIME.1: /[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(?![\w.:])/
NUMBER: /-?([0-9]+(\.[0-9]+)?|\.[0-9]+)(?![\w.:])/

// The name of a stage. Only in brackets after a name; elsewhere it stands for what is none of the
// others.
WORD.-1: /[A-Za-z0-9_-]+/

%ignore /\s+/
"""
