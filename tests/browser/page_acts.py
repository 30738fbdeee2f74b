"""What users do to bring the Billing page into its states. The acts find their elements without words, so that they
work in each language.
"""

from typing import Any, Final

from tests.browser.page_api import PageApi
from tests.browser.page_server import StubUser
from tests.browser.page_states import Act, State

PAY: Final = ".funds button.main"


def click(*selectors: str) -> Act:
    """Press one element after the other."""

    def act(one: StubUser) -> None:
        for selector in selectors:
            one.page.locator(selector).first.click()

    return act


def paid(status: str, shows: str, **fields: Any) -> dict[str, Any]:
    """A payment with this outcome."""

    def act(one: StubUser) -> None:
        one.page.locator(PAY).click()
        one.page.locator(shows).wait_for()

    return {"prepare": lambda api: api.outcomes.append({"status": status, **fields}), "act": act}


def type_amount(amount: str) -> Act:
    """Press the button of a payment of an amount."""

    def act(one: StubUser) -> None:
        one.page.locator(".funds [name=amount]").fill(amount)
        one.page.locator(PAY).click()

    return act


def type_into(selector: str, text: str) -> Act:
    """Type into a field."""

    def act(one: StubUser) -> None:
        one.page.locator(selector).first.fill(text)
        one.page.wait_for_timeout(700)
        one.settle()

    return act


def offline(one: StubUser) -> None:
    """Lose the connection."""
    one.context.set_offline(True)
    one.page.locator("#offline").wait_for()


def open_all(one: StubUser) -> None:
    """Open every part that is closed at first."""
    one.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


def in_turn(*acts: Any) -> Any:
    """Several acts or preparations, one after the other."""

    def all_of_them(target: Any) -> None:
        for act in acts:
            act(target)

    return all_of_them


def wait_for(selector: str) -> Act:
    """Wait until an element is there."""
    return lambda one: one.page.locator(selector).first.wait_for()


def enter(one: StubUser, api: PageApi, state: State) -> None:
    """Bring a signed-in user into another state, from wherever they are."""
    one.context.set_offline(False)
    api.release_all()
    api.reset()
    state.prepare(api)
    one.open("#/settings")
    one.settle()
    one.page.evaluate("sessionStorage.clear()")
    one.open(state.place)
    one.settle()
    state.act(one)
