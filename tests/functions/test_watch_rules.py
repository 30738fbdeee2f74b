"""The rules of composite alarms: their grammar, their limits, and the alarms that they name."""

import re
from typing import Any

import pytest

from tests.functions.watch_template import watching

SINGLE = watching("AWS::CloudWatch::Alarm")
PAGES = watching("AWS::CloudWatch::CompositeAlarm")


def rule_of(page: dict[str, Any], *, sends_mail: bool = True) -> str:
    """The rule of a composite alarm as CloudFormation writes it."""
    match page["Properties"]["AlarmRule"]:
        case {"Fn::Join": [str(glue), list(parts)]}:
            chosen = [part["Fn::If"][1 if sends_mail else 2] if "Fn::If" in part else part for part in parts]
            return glue.join(part if isinstance(part, str) else part["Fn::Sub"] for part in chosen)
    raise AssertionError("a rule is joined of parts")


def parsed(rule: str) -> set[str]:
    """The alarms of a rule, after a check of its grammar: terms of ALARM("name"), TRUE, FALSE, and parentheses."""
    tokens = re.findall(r'ALARM\("\$\{\w+\}"\)|\bAND\b|\bOR\b|\bNOT\b|\bTRUE\b|\bFALSE\b|[()]|\S', rule)

    def term() -> None:
        token = tokens.pop(0)
        if token == "NOT":
            return term()
        if token == "(":
            expression()
            assert tokens.pop(0) == ")"
            return None
        assert token in ("TRUE", "FALSE") or token.startswith("ALARM("), token
        return None

    def expression() -> None:
        term()
        while tokens and tokens[0] in ("AND", "OR"):
            tokens.pop(0)
            term()

    expression()
    assert tokens == [], tokens
    return set(re.findall(r'ALARM\("\$\{(\w+)\}"\)', rule))


@pytest.mark.parametrize("sends_mail", [True, False])
@pytest.mark.parametrize("name", PAGES)
def test_the_rule_of_a_composite_alarm_is_valid_and_names_alarms(name: str, *, sends_mail: bool) -> None:
    rule = rule_of(PAGES[name], sends_mail=sends_mail)
    named = parsed(rule)
    assert named <= set(SINGLE)
    assert 1 <= len(named) <= 100
    assert len(re.findall(r"ALARM\(|\bAND\b|\bOR\b|\bTRUE\b|\bFALSE\b", rule)) <= 500
    exists = {one for one in named if sends_mail or SINGLE[one].get("Condition") != "SendsMail"}
    assert exists == named, "an alarm that the stack lacks would refuse the whole rule"


@pytest.mark.parametrize(
    "rule", ['ALARM("${A}"', 'ALARM("${A}") OR', "ALARM(${A})", '(ALARM("${A}")', 'ALARM("${A}") ALARM("${B}")']
)
def test_a_broken_rule_is_noticed(rule: str) -> None:
    with pytest.raises((AssertionError, IndexError)):
        parsed(rule)
