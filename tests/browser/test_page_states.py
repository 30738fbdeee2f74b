"""Every state of the page: accessible in each color scheme, in French without English words, and in cents."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.extremes import VIEWS, fill_to_the_brim
from tests.browser.page_acts import enter, open_all
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser
from tests.browser.page_state_list import BILLING, LISTS, PAYING, PLACES, STATES
from tests.browser.page_states import State, a_month, held
from tests.browser.test_accessibility import violations
from tests.harness.template import ROOT

User = Callable[..., StubUser]
MESSAGES = ROOT / "functions" / "billing_page" / "page" / "messages"
GROUPS = {"billing": BILLING, "paying": PAYING, "lists": LISTS, "places": PLACES}
ONE_OF_EACH_KIND = (
    "billing-opened",
    "below-zero",
    "rule-form",
    "declined",
    "confirm-large",
    "history",
    "calls",
    "spend",
)
SHORTEST = 9
TEXT = """() => [document.body.innerText, ...[...document.querySelectorAll('[aria-label], [placeholder], [title]')]
    .flatMap(one => [one.ariaLabel, one.placeholder, one.title])].join('\\n')"""


def of_the_admin(states: tuple[State, ...]) -> list[State]:
    """The states that one signed-in user can visit in turn."""
    return [state for state in states if state.email == ADMIN]


@pytest.mark.parametrize("group", GROUPS)
def test_axe_finds_nothing_in_any_state(user: User, page_server: PageServer, group: str) -> None:
    one = user(fails=True, color_scheme="light", reduced_motion="reduce")
    found = {}
    for state in of_the_admin(GROUPS[group]):
        enter(one, page_server.api, state)
        found[state.name] = violations(one)
    page_server.api.release_all()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("colors", [{"color_scheme": "dark"}, {"color_scheme": "dark", "forced_colors": "active"}])
def test_axe_finds_nothing_in_dark_and_forced_colors(
    user: User, page_server: PageServer, colors: dict[str, str]
) -> None:
    one = user(fails=True, reduced_motion="reduce", **colors)
    found = {}
    for state in of_the_admin(STATES):
        if state.name in ONE_OF_EACH_KIND or state in PLACES[-8:]:
            enter(one, page_server.api, state)
            found[state.name] = violations(one)
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_for_members_and_before_a_sign_in(user: User, page_server: PageServer, scheme: str) -> None:
    member, found = user(MEMBER, fails=True, color_scheme=scheme, reduced_motion="reduce"), {}
    for state in STATES:
        if state.email == MEMBER:
            enter(member, page_server.api, state)
            found[state.name] = violations(member)
    for state in STATES:
        if state.email is None:
            page_server.api.reset()
            member.open("#/settings")
            member.page.evaluate("sessionStorage.clear()")
            member.open(state.place)
            member.page.reload()
            member.settle()
            found[state.name] = violations(member)
    assert len(found) > 6
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_states_are_more_than_colors_when_colors_are_forced(user: User, page_server: PageServer) -> None:
    """A switch, a chosen preset, a chosen method, the current view, and a disabled button look different."""
    a_month(page_server.api)
    one = user(forced_colors="active")
    page = one.page

    def looks(selector: str, pseudo: str = "") -> tuple[Any, ...]:
        names = ("backgroundColor", "borderBottomColor", "borderBottomWidth", "outlineStyle", "fontWeight", "translate")
        script = "(one, [pseudo, names]) => names.map(name => getComputedStyle(one, pseudo || null)[name])"
        return tuple(page.locator(selector).first.evaluate(script, [pseudo, [*names, "transform"]]))

    assert looks(".chip[aria-pressed=true]") != looks(".chip[aria-pressed=false]")
    assert looks(".choice:has(:checked)") != looks(".choice:not(:has(:checked))")
    assert looks("nav a[aria-current]") != looks("nav a:not([aria-current])")
    on = (looks("#recharge-switch"), looks("#recharge-switch", "::before"))
    enter(one, page_server.api, State("off"))
    off = (looks("#recharge-switch"), looks("#recharge-switch", "::before"))
    assert on != off
    assert on[1][0] not in (on[0][0], "rgba(0, 0, 0, 0)")
    assert off[1][0] not in (off[0][0], "rgba(0, 0, 0, 0)")


def words_of(language: str) -> str:
    """All messages of a language."""
    return "\n".join(path.read_text("utf-8") for path in sorted(MESSAGES.glob(f"*.{language}.json")))


def english_parts() -> set[str]:
    """The parts of English messages, between the values that they fill in, that no French message has."""
    texts: list[str] = []
    for path in MESSAGES.glob("*.en.json"):
        for message in json.loads(path.read_text("utf-8")).values():
            texts += [message] if isinstance(message, str) else message.values()
    parts = {part.strip(" .,:;…") for text in texts for part in re.split(r"\{\w+\}", text)}
    french = words_of("fr")
    return {part for part in parts if len(part) >= SHORTEST and part not in french}


def leftovers(one: StubUser, parts: set[str]) -> list[str]:
    """The English messages that the page shows."""
    text: str = one.page.evaluate(TEXT)
    return sorted(part for part in parts if part in text and re.search(rf"\b{re.escape(part)}\b", text))


@pytest.mark.parametrize("group", GROUPS)
def test_the_french_page_shows_no_english_message(user: User, page_server: PageServer, group: str) -> None:
    one = user(fails=True, locale="fr-CA", reduced_motion="reduce")
    parts = english_parts()
    found = {}
    for state in of_the_admin(GROUPS[group]):
        enter(one, page_server.api, state)
        found[state.name] = leftovers(one, parts)
    page_server.api.release_all()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_search_for_english_messages_can_find_one(user: User) -> None:
    assert leftovers(user(), english_parts())


def test_only_prices_of_calls_have_more_than_two_places(user: User, page_server: PageServer) -> None:
    a_month(page_server.api)
    held(page_server.api)
    page_server.api.overview |= {"held": "3.5012", "balance": "41.2822", "available": "37.781"}
    one = user()
    found = {}
    for place in VIEWS:
        if not place.startswith(("#/usage", "#/rates", "#/statement")):  # Their subject is the price of single calls.
            one.open(place)
            one.settle()
            open_all(one)
            found[place] = re.findall(r"\$[\d,]+\.(?:\d|\d{3,})(?!\d)", one.page.locator("main").inner_text())
    assert {place: amounts for place, amounts in found.items() if amounts} == {}


@pytest.mark.parametrize("locale", ["en-CA", "en-AU", "fr-CA"])
def test_dollars_are_us_dollars_where_others_are_usual(user: User, page_server: PageServer, locale: str) -> None:
    fill_to_the_brim(page_server.api, 60)
    one = user(locale=locale)
    page_server.undocumented.clear()
    bare = r"(?<!US)\$(?![\s\u00a0]?US)\s?\d|\d[\s\u00a0]?\$(?![\s\u00a0]?US)"
    found = {}
    for place in VIEWS:
        one.open(place)
        one.settle()
        text = one.page.evaluate(TEXT)
        units: list[str] = one.page.locator("[data-unit]").evaluate_all("all => all.map(one => one.dataset.unit)")
        found[place] = re.findall(bare, text) + [unit for unit in units if "US" not in unit]
        if place == "#/":
            assert re.search(r"(US\$|USD.)\d|\d[\s\u00a0]\$[\s\u00a0]US", text)
    page_server.undocumented.clear()
    assert {place: amounts for place, amounts in found.items() if amounts} == {}


def test_amounts_are_typed_as_the_reader_writes_them(user: User, page_server: PageServer) -> None:
    one = user(locale="fr-CA")
    amount = one.page.locator("[name=amount]")
    assert amount.input_value() == "25,00"
    one.page.locator(".chip").nth(2).click()
    assert amount.input_value() == "50,00"
    one.page.locator(".funds button.main").click()
    one.page.locator(".outcome").wait_for()
    assert page_server.api.bodies("POST /top-ups")[0]["amount"] == "50.00"


def test_names_keep_their_direction(user: User, page_server: PageServer) -> None:
    """A right-to-left name turns no words around it: it stands alone, or between isolating marks."""
    fill_to_the_brim(page_server.api, 60)
    one = user()
    script = (Path(__file__).parent / "turned_names.js").read_text("utf-8")
    found = {}
    for place in VIEWS:
        one.open(place)
        one.settle()
        open_all(one)
        found[place] = one.page.evaluate(script)
    page_server.undocumented.clear()
    assert {place: names for place, names in found.items() if names} == {}


def test_a_dialog_closes_when_the_reader_goes_back(user: User, page_server: PageServer) -> None:
    a_month(page_server.api)
    one = user()
    one.open("#/lines")
    one.open("#/usage/outbound_international_call?range=week")
    one.settle()
    one.page.locator(".why").first.click()
    one.page.locator("dialog[open]").wait_for()
    one.page.go_back()
    one.shows("#/lines")
    assert one.page.locator("dialog").count() == 0
