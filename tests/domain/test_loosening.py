"""Which changes a frozen account refuses: those that could admit a call or a charge that was refused before."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.accounts.limits import Limits, effective_limits, limits_to_item
from calling_credit.accounts.loosening import limits_loosen, line_loosens
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.loosening import _NUMBERS, rule_loosens

# --- Lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(False, False), (True, False), (True, True)])
def test_a_line_is_loosened_only_by_turning_it_on(before: bool, after: bool) -> None:
    assert not line_loosens(before, after)
    assert line_loosens(False, True)


# --- Limits -----------------------------------------------------------------------------------------------------------

PLACES = st.lists(st.sampled_from(["GB", "CU", "+44", "+447", "+4477", "+53", "+1900"]), max_size=4, unique=True)
COUNTS = st.integers(0, 5)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "daily_spend_micros": COUNTS,
        "call_price_micros": COUNTS,
        "simultaneous_calls": COUNTS,
        "high_cost_micros": COUNTS,
        "blocked": PLACES,
        "high_cost_allowed": PLACES,
    },
)
OPERATORS = st.builds(Limits, COUNTS, COUNTS, COUNTS, COUNTS, PLACES.map(tuple), PLACES.map(tuple))
NUMBERS = [("447700900123", "GB"), ("442071838750", "GB"), ("44999", "JE"), ("5371234", "CU"), ("19005550123", "US")]
UNLIMITED = Limits(99, 99, 99, 99)


def admits(limits: Limits, digits: str, country: str) -> tuple[bool, bool]:
    """Whether a call to a number passes the blocked places, and whether a high cost is allowed there."""
    place = replace(limits, high_cost_micros=-1)
    is_allowed = any(digits.startswith(one[1:]) if one[0] == "+" else one == country for one in place.high_cost_allowed)
    return not limits.blocks(digits, country), is_allowed


def admits_more(after: Limits, before: Limits) -> bool:
    """Whether one set of limits admits something that another refuses."""
    numbers = ("daily_spend_micros", "call_price_micros", "simultaneous_calls", "high_cost_micros")
    if any(getattr(after, name) > getattr(before, name) for name in numbers):
        return True
    pairs = [(admits(after, *number), admits(before, *number)) for number in NUMBERS]
    return any(now > then for new, old in pairs for now, then in zip(new, old, strict=True))


def effective(operator: Limits, own: dict[str, Any]) -> Limits:
    """The limits in effect."""
    return effective_limits(limits_to_item(operator), own)


@given(OWN)
def test_equal_limits_loosen_nothing(own: dict[str, Any]) -> None:
    assert not limits_loosen(own, own)


@given(OWN, OWN, OPERATORS)
def test_limits_that_do_not_loosen_admit_no_more_calls(
    before: dict[str, Any], after: dict[str, Any], operator: Limits
) -> None:
    if not limits_loosen(before, after):
        assert not admits_more(effective(operator, after), effective(operator, before))


@given(OWN, OWN)
def test_limits_that_admit_more_calls_loosen(before: dict[str, Any], after: dict[str, Any]) -> None:
    if admits_more(effective(UNLIMITED, after), effective(UNLIMITED, before)):
        assert limits_loosen(before, after)


@given(OWN, OWN, OWN)
def test_two_changes_that_tighten_limits_tighten_together(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    if not limits_loosen(first, second) and not limits_loosen(second, third):
        assert not limits_loosen(first, third)


@given(OWN, st.sampled_from(["daily_spend_micros", "call_price_micros", "simultaneous_calls", "high_cost_micros"]))
def test_a_number_can_be_lowered_and_not_raised_again(own: dict[str, Any], name: str) -> None:
    lower = own | {name: own.get(name, 9) - 1}
    assert not limits_loosen(own, lower)
    assert limits_loosen(lower, own)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"blocked": ["+447"]}, {"blocked": ["+44"]}),
        ({"blocked": ["GB"]}, {"blocked": ["CU", "GB"]}),
        ({"high_cost_allowed": ["+1900", "CU"]}, {"high_cost_allowed": ["+19005"]}),
        ({}, {"blocked": []}),
        ({}, {"high_cost_allowed": []}),
    ],
)
def test_a_wider_block_or_a_narrower_permission_tightens(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert not limits_loosen(before, after)
    assert limits_loosen(after, before) == any(before.values()) | any(after.values())


# --- The rule ---------------------------------------------------------------------------------------------------------

RULE = Rule(True, 10, 50, "pm_1", "visa", "4242", "fp_1", 3, 200, 1000)
RULES = st.builds(
    Rule,
    enabled=st.booleans(),
    threshold_micros=COUNTS,
    amount_micros=COUNTS,
    payment_method_id=st.sampled_from(["pm_1", "pm_2"]),
    brand=st.just("visa"),
    last4=st.just("4242"),
    fingerprint=st.just("fp_1"),
    hourly_count=COUNTS,
    daily_limit_micros=COUNTS,
    monthly_limit_micros=COUNTS,
)
STATES = st.builds(
    State, suspended_reason=st.sampled_from([None, "card_unusable"]), not_before=st.none() | st.just("T")
)


def test_each_setting_of_a_rule_is_judged() -> None:
    """A new setting must be added to what loosens a rule, or to what only describes its card."""
    described = {"brand", "last4", "fingerprint", "card_expires", "version"}
    settings = {field.name for field in fields(Rule)} - described
    assert settings == {"enabled", "payment_method_id", *_NUMBERS}


@given(RULES, STATES)
def test_an_equal_rule_loosens_nothing(rule: Rule, state: State) -> None:
    assert not rule_loosens((rule, state), (rule, state))
    assert not rule_loosens((rule, state), (replace(rule, enabled=False), state))
    assert rule_loosens((None, State()), (rule, state))


@given(RULES, RULES, RULES)
def test_two_changes_that_tighten_a_rule_tighten_together(first: Rule, second: Rule, third: Rule) -> None:
    calm = State()
    if not rule_loosens((first, calm), (second, calm)) and not rule_loosens((second, calm), (third, calm)):
        assert not rule_loosens((first, calm), (third, calm))


@given(RULES, RULES)
def test_a_changed_rule_loosens_in_at_least_one_direction(first: Rule, second: Rule) -> None:
    calm = State()
    either = [rule_loosens((first, calm), (second, calm)), rule_loosens((second, calm), (first, calm))]
    assert any(either) == (first != second)


@pytest.mark.parametrize(
    "looser",
    [
        {"threshold_micros": 11},
        {"amount_micros": 51},
        {"hourly_count": 4},
        {"daily_limit_micros": 201},
        {"monthly_limit_micros": 1001},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_raised_number_loosens_a_rule_even_while_it_is_off(looser: dict[str, Any]) -> None:
    [(name, value)] = looser.items()
    for enabled in (True, False):
        raised, lowered = replace(RULE, enabled=enabled, **looser), replace(RULE, enabled=enabled, **{name: value - 2})
        assert rule_loosens((replace(RULE, enabled=enabled), State()), (raised, State()))
        assert not rule_loosens((RULE, State()), (lowered, State()))


@pytest.mark.parametrize("pause", [{"suspended_reason": "declined_repeatedly"}, {"not_before": "2026-11-23T13:00:00Z"}])
def test_ending_a_pause_of_an_active_rule_loosens_it(pause: dict[str, Any]) -> None:
    paused = State(**pause)
    assert rule_loosens((RULE, paused), (RULE, State()))
    assert not rule_loosens((RULE, paused), (RULE, paused))
    assert not rule_loosens((RULE, State()), (RULE, paused))
    assert not rule_loosens((RULE, paused), (replace(RULE, enabled=False), State()))


def test_ending_what_a_reversal_hides_loosens_a_rule() -> None:
    by = frozenset({"payment_disputed#tu_1#50#2026-11-23T12:00:00.000Z"})
    hidden = State(suspended_reason="payment_disputed", suspended_by=by, suspended_before="card_unusable")
    assert rule_loosens((RULE, hidden), (RULE, replace(hidden, suspended_before=None)))
    assert not rule_loosens((RULE, hidden), (RULE, hidden))


@pytest.mark.parametrize(
    ("before", "after", "is_loosened"),
    [(None, None, False), (None, 50, False), (50, 50, False), (50, 49, False), (50, 51, True), (50, None, True)],
)
def test_a_higher_first_charge_loosens_a_rule(before: int | None, after: int | None, is_loosened: bool) -> None:
    for enabled in (True, False):
        rule = replace(RULE, enabled=enabled)
        states = [State(accepted_micros=micros) for micros in (before, after)]
        assert rule_loosens((rule, states[0]), (rule, states[1])) == is_loosened
