"""The request and response bodies of call authorization."""

from typing import Any

import pytest

from calling_credit.admission.decision import (
    Credit,
    decide_admission,
    emergency,
)
from calling_credit.admission.request import WORDS, decision_view, parse_request
from calling_credit.dialing_data import EMERGENCY_CODES
from calling_credit.errors import InvalidValue
from tests.domain.admission_examples import DOLLAR, NUMBER, ask, context_of

BODY: dict[str, Any] = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": NUMBER}


def test_the_default_request_is_for_ten_minutes() -> None:
    assert parse_request(BODY) == ask(600)
    assert parse_request(BODY | {"requested_seconds": 60}) == ask(60)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"call_id": None}, "missing_field"),
        ({"to": 911}, "missing_field"),
        ({"call_id": ""}, "invalid_id"),
        ({"call_id": "x" * 256}, "invalid_id"),
        ({"call_id": "a\x7fb"}, "invalid_id"),
        ({"call_id": "\ud800"}, "invalid_id"),
        ({"account_id": ""}, "invalid_id"),
        ({"line_id": "a b"}, "invalid_id"),
        ({"to": "442071838750"}, "invalid_number"),
        ({"to": "+0442071838750"}, "invalid_number"),
        ({"to": "+411"}, "invalid_number"),
        ({"to": "+44911"}, "invalid_number"),
        ({"to": "5550100"}, "invalid_number"),
        ({"to": "9"}, "invalid_number"),
        ({"requested_seconds": 0}, "invalid_duration"),
        ({"requested_seconds": 86_401}, "invalid_duration"),
        ({"requested_seconds": 60.0}, "invalid_duration"),
        ({"requested_seconds": True}, "invalid_duration"),
        ({"requested_seconds": "60"}, "invalid_duration"),
    ],
)
def test_an_invalid_authorization_request_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_request(BODY | changes)
    assert caught.value.code == code


@pytest.mark.parametrize("number", ["911", "+911", "+112", "+1112", "+44999", "+1988", "000"])
def test_no_field_of_an_emergency_call_can_be_invalid(number: str) -> None:
    body = {"to": number, "call_id": 7, "account_id": "a b", "line_id": None, "requested_seconds": "long"}
    assert parse_request(body).dialled_number == number
    assert parse_request({"to": number}).requested_seconds == 600


def test_every_form_of_every_emergency_number_is_allowed() -> None:
    forms = {f"{plus}{code}" for codes in EMERGENCY_CODES.values() for code in codes.split() for plus in ("", "+")}
    forms |= {f"+{country}{code}" for country, codes in EMERGENCY_CODES.items() for code in codes.split()}
    assert len(forms) > 900
    decisions = [emergency(parse_request({"to": form})) for form in forms]
    assert all(
        decision is not None and (decision.reason, decision.max_seconds) == (None, 600) for decision in decisions
    )


@pytest.mark.parametrize("line", [{}, {"line_id": None}, {"line_id": "a b"}, {"line_id": 7}])
def test_a_short_code_needs_no_line(line: dict[str, Any]) -> None:
    body = {name: value for name, value in BODY.items() if name != "line_id"} | {"to": "411"} | line
    assert parse_request(body) == ask(line_id="", dialled_number="411")
    with pytest.raises(InvalidValue):
        parse_request({"to": "411"})
    assert parse_request(BODY | {"to": "411"}).line_id == "line_1"


def test_a_trunk_zero_is_stripped_from_a_request() -> None:
    assert parse_request(BODY | {"to": "+4402071838750"}) == ask()


def test_responses_match_the_contract() -> None:
    assert decision_view(decide_admission(context_of())) == {
        "decision": "allow",
        "reason": None,
        "max_seconds": 600,
        "rate_per_minute": "1.00",
        "held": "10.00",
    }
    refused = decision_view(decide_admission(context_of(credit=Credit(0, may_recharge=True))))
    assert refused == {
        "decision": "deny",
        "reason": "recharging",
        "max_seconds": 0,
        "rate_per_minute": "1.00",
        "held": "0.00",
        "message": WORDS["recharging"],
        "retry_after_seconds": 15,
    }
    assert decision_view(decide_admission(context_of(credit=Credit(DOLLAR))))["limited_by"] == "insufficient_credit"
    assert decision_view(decide_admission(context_of(row=None)))["rate_per_minute"] is None
