"""Every state of the Billing page, for pictures and for checks of accessibility."""

from typing import Final

from tests.browser import page_acts as acts
from tests.browser import page_states as made
from tests.browser.page_acts import PAY, click, in_turn, paid, type_into
from tests.browser.page_data import MEMBER
from tests.browser.page_states import DOWN, State, overview, rule_state

CALLS: Final = "#/usage/outbound_international_call?range=week"
SEARCH: Final = ".page input[type=search]"
SWITCH: Final = "#recharge-switch"
DIALOG: Final = "dialog[open]"

BILLING: Final = (
    State("welcome", email=None),
    State("billing", prepare=made.a_month),
    State("billing-opened", prepare=made.a_month, act=acts.open_all),
    State("new-account", prepare=made.a_new_account),
    State("member", prepare=made.a_month, email=MEMBER),
    State("frozen", prepare=overview(frozen=True)),
    State("closed", prepare=overview(status="closed")),
    State("below-zero", prepare=made.below_zero),
    State("below-zero-member", prepare=made.below_zero, email=MEMBER),
    State("lines-off", prepare=made.lines_off),
    State("low-credit", prepare=lambda api: api.overview["forecast"].update(lasts_until=made.today())),
    State("on-hold", prepare=made.held, act=acts.open_all),
    State("included-minutes", prepare=made.own_prices, act=acts.open_all),
    State("many-methods", prepare=made.many_cards),
    State("all-methods", prepare=made.many_cards, act=click(".funds .quiet", ".methods .saved ~ .quiet")),
    State("card-expiring", prepare=made.soon_expiring),
    State("rule-paused", prepare=rule_state("paused", "backing_off", next_attempt_at="2026-12-01T12:00:00.000Z")),
    State("rule-suspended", prepare=rule_state("suspended", "authentication_required")),
    State("rule-charging", prepare=rule_state("charging", "in_flight", message="A recharge is in progress.")),
    State("rule-form", prepare=made.a_month, act=in_turn(click(".recharge .actions button"), acts.open_all)),
    State(
        "rule-charges-now",
        prepare=made.charging,
        act=in_turn(click(".recharge .actions button"), acts.wait_for(".preview p strong")),
    ),
    State("rule-first-form", act=in_turn(click(SWITCH), acts.wait_for(".recharge form"))),
    State("taxed", prepare=made.taxed, act=click(".promotion summary")),
    State(
        "rule-taxed",
        prepare=made.taxed,
        act=in_turn(click(".recharge .actions button"), acts.wait_for(".preview p strong")),
    ),
    State("tax-missing", prepare=made.without_tax),
    State("no-usage", prepare=made.no_usage),
    State("parts-fail", prepare=in_turn(made.fails("GET /usage"), made.fails("GET /payment-methods"))),
    State("down", prepare=made.fails("GET /overview")),
    State("offline", act=acts.offline),
)
PAYING: Final = (
    State("amount-refused", act=acts.type_amount("1")),
    State(
        "paying",
        prepare=lambda api: api.hold("POST /top-ups"),
        act=in_turn(click(PAY), acts.wait_for(".funds .spinner")),
    ),
    State("paid", **paid("succeeded", ".outcome")),
    State("declined", **paid("failed", ".outcome", failure={"code": "card_declined", "message": "No."})),
    State("bank-payment", **paid("processing", ".outcome", payment_method=made.BANK)),
    State("payment-slow", prepare=lambda api: api.top_ups.insert(0, made.processing())),
    State(
        "payment-failed",
        prepare=lambda api: api.on("POST /top-ups", DOWN),
        act=in_turn(click(PAY), acts.wait_for(".outcome")),
    ),
    State("confirm-large", act=in_turn(acts.type_amount("300"), acts.wait_for(DIALOG))),
    State("remove-method", act=in_turn(click(".methods .row-actions button:last-child"), acts.wait_for(DIALOG))),
)
LISTS: Final = (
    State("history", "#/history", made.every_payment),
    State("history-receipts", "#/history", made.taxed),
    State("history-empty", "#/history", lambda api: api.top_ups.clear()),
    State("statement", "#/statement?range=week", made.month_of_calls(60)),
    State("statement-empty", "#/statement?range=last", made.month_of_calls(0)),
    State("calls", CALLS, made.month_of_calls()),
    State("calls-empty", CALLS, made.no_usage),
    State("calls-none-found", CALLS, made.month_of_calls(), type_into(SEARCH, "zzz")),
    State("calls-price", CALLS, made.month_of_calls(), in_turn(click(".why"), acts.wait_for(DIALOG))),
    State("calls-own-price", CALLS, made.own_prices, in_turn(click(".why"), acts.wait_for(DIALOG))),
    State("calls-fail", CALLS, made.fails("GET /usage/{id}")),
    State("spend", "#/spend?range=week", made.month_of_calls()),
    State("spend-opened", "#/spend?range=week", made.month_of_calls(), acts.open_all),
    State("spend-filtered", "#/spend?range=week&country=GB", made.month_of_calls()),
    State("spend-limited", "#/spend?range=week", made.too_many_calls),
    State("spend-empty", "#/spend?range=last", made.month_of_calls(0)),
)
PLACES: Final = (
    State("lines", "#/lines", made.a_month),
    State("lines-empty", "#/lines", lambda api: api.lines.clear()),
    State("lines-none-found", "#/lines", made.a_month, type_into(SEARCH, "zzz")),
    State(
        "lines-all-off",
        "#/lines",
        made.a_month,
        in_turn(click(".page .actions button:last-child"), acts.wait_for(DIALOG)),
    ),
    State("lines-member", "#/lines", made.a_month, email=MEMBER),
    State("budgets", "#/lines", made.budgets),
    State("budgets-member", "#/lines", made.budgets, email=MEMBER),
    State("budget-form", "#/lines", made.budgets, in_turn(click(".budgets button:last-child"), acts.wait_for(DIALOG))),
    State(
        "budget-raise",
        "#/lines",
        made.budgets,
        in_turn(click("tr:nth-child(2) .budgets button"), acts.wait_for(DIALOG)),
    ),
    State(
        "budget-ask",
        "#/lines",
        made.budgets,
        in_turn(click(".budgets button"), acts.wait_for(DIALOG)),
        MEMBER,
    ),
    State("details", "#/settings/billing"),
    State("details-refused", "#/settings/billing", act=in_turn(type_into("[name=city]", ""), click("form .main"))),
    State("details-member", "#/settings/billing", email=MEMBER),
    State("rates", "#/rates"),
    State("rates-open", "#/rates", email=None),
    State("rates-country", "#/rates?country=GB", made.announced),
    State("rates-number", "#/rates?number=%2B442071838750", made.announced),
    State("rates-none", "#/rates?country=FR", lambda api: api.rates.clear()),
    State("rates-offers", "#/rates", act=type_into("[role=combobox]", "uni")),
    State("settings", "#/settings"),
    State("limits", "#/settings/limits", made.every_event),
    State(
        "limits-refused",
        "#/settings/limits",
        made.every_event,
        in_turn(type_into("[name=daily_spend]", "5000"), click("form.limits > .actions button")),
    ),
    State("limits-member", "#/settings/limits", made.every_event, email=MEMBER),
    State("notifications", "#/settings/notifications", made.every_event),
    State("notifications-member", "#/settings/notifications", made.every_event, email=MEMBER),
    State("refused", "#/settings/refused", made.every_event),
    State("refused-empty", "#/settings/refused"),
    State("activity", "#/settings/activity", made.every_event),
    State("activity-empty", "#/settings/activity"),
    State("freeze", "#/settings/freeze"),
    State("freeze-sure", "#/settings/freeze", act=in_turn(click(".page button.danger"), acts.wait_for(DIALOG))),
    State("is-frozen", "#/settings/freeze", lambda api: api.limits.update(frozen=True)),
)
STATES: Final = (*BILLING, *PAYING, *LISTS, *PLACES)
