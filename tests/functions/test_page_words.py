"""The Billing page has words for every code that its views show, and its countries are those of the tables."""

import json
import re
from typing import Any

import pytest

from calling_credit.accounts.account import Account, Line, Status
from calling_credit.accounts.limits import Limits, customer_limits_view, operators_limits_view
from calling_credit.accounts.recorded_changes import account_changes, line_change
from calling_credit.admission.reasons import DenialReason
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import ActorKind
from calling_credit.numbering import COUNTRIES
from calling_credit.numbering_data import PREFIXES_BY_COUNTRY
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.rule_changes import rule_facts
from calling_credit.recharge.suspension_reasons import SuspensionReason
from tests.harness.template import ROOT

PAGE = ROOT / "functions" / "billing_page" / "page"


def words(area: str, language: str = "en") -> dict[str, Any]:
    """The messages of an area."""
    found: dict[str, Any] = json.loads((PAGE / "messages" / f"{area}.{language}.json").read_text("utf-8"))
    return found


def listed(module: str, name: str) -> set[str]:
    """The texts in a constant list of a module."""
    [text] = re.findall(rf"^const {name} = \[(.*?)\];", (PAGE / module).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return set(re.findall(r'"(\w+)"', text))


@pytest.mark.parametrize("action", ChangeAction)
def test_activity_has_words_for_every_action(action: ChangeAction) -> None:
    assert f"action_{action}" in words("activity")


@pytest.mark.parametrize("kind", ActorKind)
def test_activity_has_words_for_every_kind_of_actor(kind: ActorKind) -> None:
    assert f"by_{kind}" in words("activity")


@pytest.mark.parametrize("code", [*SuspensionReason, *Status])
def test_activity_has_words_for_every_code_among_the_values(code: str) -> None:
    assert f"code_{code}" in words("activity")


def recorded_fields() -> set[str]:
    """The fields that changes of settings record."""
    account = Account("acct_1", "USD", "UTC", Status.OPEN, (), limits=Limits(daily_spend_micros=1))
    rule = Rule(True, 1, 1, "pm_1", "visa", "4242", "fingerprint")
    [created, *_] = account_changes(None, account, 0)
    line = line_change(None, Line("line_1", "+12125550100", "user_1", True))
    assert line is not None
    assert isinstance(created.new, dict)
    assert isinstance(line.new, dict)
    limits = {**operators_limits_view(Limits()), **customer_limits_view({})}
    return {*created.new, *line.new, *rule_facts(rule, State()), *limits}


def test_activity_has_words_for_every_recorded_setting() -> None:
    hidden = listed("activity_words.js", "HIDDEN")
    missing = {name for name in recorded_fields() - hidden if f"field_{name}" not in words("activity")}
    assert missing == set()


@pytest.mark.parametrize("reason", DenialReason)
def test_every_reason_of_a_refused_call_has_words_and_a_remedy(reason: DenialReason) -> None:
    assert {f"reason_{reason}", f"remedy_{reason}"} <= set(words("refused"))


def test_remedies_lead_to_addresses_of_the_page() -> None:
    text = (PAGE / "refused.js").read_text("utf-8")
    [remedies] = re.findall(r"const REMEDIES = {(.*?)};", text, re.DOTALL)
    assert set(re.findall(r"(\w+):", remedies)) <= {str(reason) for reason in DenialReason}
    texts = [(PAGE / name).read_text("utf-8") for name in ("places.js", "company.js")]
    places = {address for one in texts for address in re.findall(r'"(#/[\w/]*)":', one)} | {"#/"}
    assert set(re.findall(r'"(#/[\w/]*)"', text)) <= places


def page_countries() -> dict[str, list[str]]:
    """The calling codes of each country of the page."""
    [text] = re.findall(r'const CALLING_CODES = "(.*?)"', (PAGE / "countries.js").read_text("utf-8"))
    return {
        code: [one for one in prefixes.split(",") if one] for code, prefixes in (e.split(":") for e in text.split())
    }


def test_countries_of_the_page_match_the_numbering_tables() -> None:
    assert set(page_countries()) == set(COUNTRIES)
    for country, prefixes in page_countries().items():
        numbers = PREFIXES_BY_COUNTRY.get(country, "").split()
        assert bool(prefixes) == bool(numbers), country
        for prefix in prefixes:
            assert any(number.startswith(prefix) for number in numbers), country
