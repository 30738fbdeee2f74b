"""The accounts behind the states of the Billing page, over the stand-in API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.changes.actions import ChangeAction
from tests.browser import page_data, page_money_data
from tests.browser.money_book import Book, numbered, usual_book
from tests.browser.page_api import PageApi, problem
from tests.browser.page_data import ADMIN
from tests.browser.page_server import StubUser

Prepare = Callable[[PageApi], Any]
Act = Callable[[StubUser], Any]
BANK: Final = {"brand": "us_bank_account", "last4": "6789", "type": "us_bank_account"}


@dataclass(frozen=True)
class State:
    """One state: the view, the account behind it, what the user does there, and who that is; None before a sign-in."""

    name: str
    place: str = "#/"
    prepare: Prepare = lambda _api: None
    act: Act = lambda _user: None
    email: str | None = ADMIN


def a_month(api: PageApi) -> None:
    """Give the account a month of calls, a rule, and a second card."""
    usual_book(240, 29).install(api)
    api.rule = page_data.active_rule()
    api.methods = [page_data.card(used_by_rule=True), page_data.card(2, backup=True), page_data.bank_account()]
    opening = [75 - one * 2.1375 if one < 18 else 136.2 - one * 3.25 for one in range(30)]
    api.overview["forecast"] |= {"recharges": True, "lasts_until": None}
    api.overview["statement"] = {
        "opening_balance": "75.00",
        "days": [
            {"date": day, "closing_balance": f"{amount:.4f}"}
            for day, amount in zip(page_data.days(30), opening, strict=True)
        ],
    }


def a_new_account(api: PageApi) -> None:
    """Take everything from the account that comes after its first hour."""
    api.methods, api.top_ups = [], []
    api.lines = [page_data.line(1, international_calling=False), page_data.line(2, international_calling=False)]
    api.overview |= {"balance": "0.00", "available": "0.00", "statement": {"opening_balance": "0.00", "days": []}}
    api.overview["forecast"] |= {"daily_spend": None, "lasts_until": None, "destinations": []}
    no_usage(api)


def no_usage(api: PageApi) -> None:
    """Let the period be without calls."""
    api.usage = {"currency": "USD", "total": "0.00", "categories": [], "days": []}
    api.calls = []


def below_zero(api: PageApi) -> None:
    """Overdraw the account."""
    api.overview |= {"balance": "-712.3825", "available": "-712.3825", "amount_needed": "712.3825"}
    api.overview["forecast"] |= {"lasts_until": None}


def every_payment(api: PageApi) -> None:
    """Give the history a payment of each kind and outcome."""
    link = {"checkout_url": f"{api.url}/stripe/tu_1", "expires_at": page_data.ago(minutes=-20)}
    declined = {"code": "card_declined", "message": "No."}
    api.top_ups = [
        page_data.top_up(1, kind="checkout"),
        page_data.top_up(2, kind="automatic", refunded="50.00"),
        page_data.top_up(3, refunded="5.25"),
        page_data.top_up(4, disputed=True, refunded="50.00"),
        page_data.top_up(5, status="processing", payment_method=BANK),
        page_data.top_up(6, status="created", kind="checkout", payment_method=None, **link),
        page_data.top_up(7, status="failed", failure=declined),
        page_data.top_up(8, status="canceled"),
        page_data.top_up(9, status="requires_action", next_action_url=f"{api.url}/stripe/pay"),
    ]
    for one in api.top_ups[4:]:
        one.pop("receipt_url")


def every_event(api: PageApi) -> None:
    """Give the views below Settings something to show."""
    api.refused = [page_data.refused(number, reason) for number, reason in enumerate(DenialReason, 1)]
    api.not_listed = [{"date": page_data.days(3)[0], "calls": 4321}]
    api.changes = [page_data.change(action, new={"reason": "Paid by bank transfer"}) for action in ChangeAction]
    bundle = {"name": "the UK", "countries": ["GB"], "prefixes": [], "minutes": 100}
    api.changes.append(page_data.change(ChangeAction.ACCOUNT_CHANGED, new={"bundles": [bundle]}))
    api.limits = page_data.limits(blocked=["BO", "CU", "FR", "GS", "+19001234567"], daily_spend="50.00")
    api.limits["operator"] |= {"first_country_cap": "5.00", "young_money_cap": "20.00"}
    waiting = {"address": "accounts@customer.example", "language": "fr", "status": "waiting"}
    api.notifications = page_data.notifications({"address": ADMIN, "language": "en", "status": "confirmed"}, waiting)


def own_prices(api: PageApi) -> None:
    """Give the account included minutes, and a call with rate steps that these, a list, and a markup priced."""
    included = {"name": "the UK", "left_minutes": 37, "left_seconds": 2225, "minutes": 100}
    line = {"line_id": "line_1", "line_number": "+12125550001"}
    api.overview["included_minutes"] = [included, included | line | {"name": "Japan", "left_minutes": 1}]
    steps = [{"from_second": 60, "rate_per_minute": "0.0065", "increment_seconds": 1, "billed_seconds": 85}]
    own = {"price_list": None, "list_version": None, "markup_percent": "12.50", "base_connection_fee": "0.01"}
    covered = {"duration_seconds": 201, "covered_seconds": 56, "bundle": "the UK", "rate_steps": steps}
    api.calls = [page_data.call(1, **own, **covered, billed_seconds=145, base_rate_per_minute="0.012")]


STEPS: Final = [
    {"from_second": 60, "rate_per_minute": "0.0065", "increment_seconds": 1},
    {"from_second": 3600, "rate_per_minute": "0.00", "increment_seconds": 60},
]


def announced(api: PageApi) -> None:
    """Announce a price change, and say that there are more rows."""
    api.rates = [
        page_data.price("United Kingdom - Landline", "GB", "44", "0.0135", rate_steps=STEPS),
        page_data.price("United Kingdom - Mobile", "GB", "447", "0.032", connection_fee="0.05")
        | {"changes_at": page_data.ago(days=-9), "next_rate_per_minute": "0.0345"},
        page_data.price(
            "United Kingdom - Special", "GB", "4470", "0.90", minimum_seconds=30, increment_seconds=6, more=61
        ),
    ]


def many_cards(api: PageApi) -> None:
    """Save methods in each state."""
    states = ("ok", "expiring", "expired", "declined", "blocked")
    pays = {"expired": False, "blocked": False}
    api.methods = [
        page_data.card(number, state=state, can_pay=pays.get(state, True)) for number, state in enumerate(states, 1)
    ]
    api.methods += [page_data.card(6, backup=True), page_data.bank_account()]


def rule_state(status: str, reason: str | None = None, **fields: Any) -> Prepare:
    """A rule in a state."""

    def prepare(api: PageApi) -> None:
        api.rule = page_data.active_rule(status=status, reason=reason, **fields)

    return prepare


def overview(**fields: Any) -> Prepare:
    """An account of which GET /overview says more."""
    return lambda api: api.overview.update(fields)


def month_of_calls(size: int = 240) -> Prepare:
    """A month of calls."""
    return lambda api: Book(list(numbered(size, 29 * 24 * 60 / max(size, 1)))).install(api)


DOWN: Final = problem(503, "unavailable", "The ledger did not answer in time.")


def fails(route: str) -> Prepare:
    """Let a route fail."""
    return lambda api: api.on(route, DOWN)


def too_many_calls(api: PageApi) -> None:
    """More calls than spending adds up."""
    usual_book(400, 6.0, most=300).install(api)


def today() -> str:
    """The local day."""
    return page_data.days(1)[0]


def processing() -> dict[str, Any]:
    """A payment on its way."""
    made = page_data.top_up(2, status="processing", payment_method=BANK)
    made.pop("receipt_url")
    return made


def charging(api: PageApi) -> None:
    """Let saving the rule charge at once."""
    a_month(api)
    api.charges_now = {
        "amount": "100.00",
        "tax": "0.00",
        "total": "100.00",
        "payment_method": {"id": "pm_1", "brand": "visa", "last4": "4242"},
    }


def soon_expiring(api: PageApi) -> None:
    """Let the card of the rule expire."""
    api.rule = page_data.active_rule()
    api.methods = [page_data.card(state="expiring", used_by_rule=True)]


def lines_off(api: PageApi) -> None:
    """Turn all lines off."""
    api.lines = [page_data.line(1, international_calling=False), page_data.line(2, international_calling=False)]


def budgets(api: PageApi) -> None:
    """Give lines and users budgets in each state, and an open request."""
    a_month(api)
    many = [page_data.line(number) for number in range(1, 7)]
    many[0]["budget"] = page_money_data.budget(spent="17.3012", held="1.00")
    many[0]["user"]["budget"] = page_money_data.budget("50.00", spent="21.00", at="tell")
    many[1] |= {"budget": page_money_data.budget(spent="19.40", held="0.60")}
    many[1]["budget_requests"] = [page_money_data.budget_request(note="A week of calls to Lyon")]
    many[2]["budget"] = page_money_data.budget("15.00", spent="18.75", limit="30.00")
    many[3]["budget"] = page_money_data.budget(spent="0.00", state="counting")
    many[4]["user"]["budget"] = page_money_data.budget("100.00", spent="112.50")
    api.lines = many


def taxed(api: PageApi) -> None:
    """Add tax to payments, and give the account receipts and credit that expires."""
    charging(api)
    api.overview["tax"] = {"percent": "14.975", "reason": None}
    api.overview["expiring"] = [
        {"amount": f"{number}0.00", "at": page_data.ago(days=-9 * number)} for number in (1, 2, 3, 4)
    ]
    charge = page_money_data.taxed("100.00", api.overview["tax"])
    api.charges_now = {**charge, "payment_method": {"id": "pm_1", "brand": "visa", "last4": "4242"}}
    notes = [page_money_data.document(2, f"2026-00000{number}", amount="5.25") for number in (3, 4)]
    api.top_ups = [
        page_data.top_up(number, **charge, refunded=back, receipt=page_money_data.document(number), credit_notes=made)
        for number, back, made in ((1, "0.00", []), (2, "10.50", notes), (3, "114.98", notes[:1]))
    ]


def without_tax(api: PageApi) -> None:
    """Let the tax of payments be unknown."""
    a_month(api)
    api.overview["tax"] = {"percent": None, "reason": "tax_unavailable"}


def held(api: PageApi) -> None:
    """Hold credit for calls in progress."""
    api.overview |= {"held": "3.50", "available": "37.7822", "calls_in_progress": 2}
