"""The largest account that the page must show: long, right-to-left, and Chinese names, 12 cards, 60 lines, a large
debt, and 5,000 calls; and what may be wrong with how it looks.
"""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.browser import page_data, page_money_data
from tests.browser.money_book import usual_book
from tests.browser.page_api import PageApi
from tests.browser.page_data import ADMIN
from tests.browser.page_states import every_event, every_payment

UNBROKEN: Final = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferin"[:75]
SPACED: Final = "Doña María del Rosario Cayetana Fitz-James Stuart y de Silva Falcó y Gurtu."
ARABIC: Final = "شركة الاتصالات الدولية المحدودة (فرع القاهرة) - المبنى 12"
HEBREW: Final = "יוסף בן-ארי, מנהל מכירות 3"
CHINESE: Final = "中华人民共和国广东省深圳市南山区高新技术产业园区软件大厦有限责任公司国际电话业务部"
NAMES: Final = (UNBROKEN, SPACED, ARABIC, HEBREW, CHINESE)
VIEWS: Final = (
    "#/",
    "#/lines",
    "#/statement?range=week",
    "#/history",
    "#/rates?country=GB",
    "#/usage/outbound_international_call?range=week",
    "#/spend?range=week",
    "#/settings",
    "#/settings/billing",
    "#/settings/limits",
    "#/settings/notifications",
    "#/settings/refused",
    "#/settings/activity",
    "#/settings/freeze",
)


def fill_to_the_brim(api: PageApi, calls: int = 5000) -> None:
    """Let the stand-in have this account."""
    every_payment(api)
    every_event(api)
    book = usual_book(calls, 14, part=1000)
    for number, call in enumerate(book.calls):
        call["user"] = {"id": f"user_{number % 12}", "name": NAMES[number % len(NAMES)]}
        call["line_id"], call["line_number"] = f"line_{number % 60}", f"+1212555{number % 60:04}"
        call["destination"] = f"{call['destination']} {SPACED if number % 7 == 0 else ''}"
    book.install(api)
    api.lines = [
        page_data.line(number, user={"id": f"user_{number}", "name": NAMES[number % len(NAMES)]})
        | {"line_id": f"line_{number}", "number": f"+1212555{number:04}", "international_calling": number % 2 == 0}
        for number in range(60)
    ]
    fill_budgets_and_receipts(api)
    api.overview |= {
        "name": ARABIC,
        "balance": "-14876.3825",
        "available": "-14876.3825",
        "amount_needed": "14876.3825",
        "held": "1234.5678",
        "billing_contacts": [f"{UNBROKEN.lower()}@customer.example", ADMIN],
    }
    api.overview["forecast"] |= {
        "destinations": [
            {"destination": name, "rate_per_minute": "0.0135", "minutes_left": 3057000} for name in (SPACED, UNBROKEN)
        ]
    }
    api.overview["statement"] |= {"opening_balance": "999999.00"}
    api.rule = page_data.active_rule(amount="500.00", threshold="10000.00", daily_limit="2000.00")
    states = ("ok", "expiring", "expired", "declined", "blocked", "ok")
    api.methods = [
        page_data.card(number, state=states[number % 6], can_pay=number % 6 not in (2, 4)) for number in range(1, 11)
    ]
    api.methods[0] |= {"used_by_rule": True, "backup": True}
    api.methods += [page_data.bank_account(11, bank_name=UNBROKEN), page_data.bank_account(12, bank_name=HEBREW)]
    api.rates = [
        page_data.price(f"United Kingdom - {name}", "GB", f"44{number}{'5' * 9}", "1234.0135", connection_fee="99.99")
        | {"changes_at": page_data.ago(days=-9), "next_rate_per_minute": "1234.0345", "more": 999}
        for number, name in enumerate(NAMES)
    ]
    api.changes = [page_data.change("user_changed", "user:user_1", old={"name": UNBROKEN}, new={"name": HEBREW})]
    api.changes += [page_data.change("account_frozen", by={"kind": "staff", "name": UNBROKEN}, new={"reason": SPACED})]
    api.refused = [page_data.refused(one, user={"id": "user_1", "name": name}) for one, name in enumerate(NAMES, 1)]
    waiting = [{"address": f"{name}@customer.example", "language": "fr", "status": "waiting"} for name in LONG_PARTS]
    api.notifications = page_data.notifications({"address": ADMIN, "language": "en", "status": "confirmed"}, *waiting)


def fill_budgets_and_receipts(api: PageApi) -> None:
    """Give lines the largest budgets, payments tax and receipts, and the company long details."""
    for number, line in enumerate(api.lines[:10]):
        line["budget"] = page_money_data.budget("999999999.99", spent="888888888.8888", held="77777777.7777")
        line["user"]["budget"] = page_money_data.budget("1000000.00", spent="1250000.2525", limit="2000000.00")
        asked = {"id": f"user_{number}", "name": f"{UNBROKEN}@customer.example"}
        line["budget_requests"] = [page_money_data.budget_request(by=asked, note=NAMES[number % len(NAMES)] * 2)]
    api.overview["tax"] = {"percent": "14.9755", "reason": None}
    api.overview["expiring"] = [
        {"amount": f"{number}23456.7891", "at": page_data.ago(days=-number)} for number in (1, 2, 3, 4)
    ]
    for number, topup in enumerate(one for one in api.top_ups if one["status"] == "succeeded"):
        numbers = [f"2026-{number:06}" for number in (999_998, 999_999)]
        topup.update(page_money_data.taxed(topup["amount"], api.overview["tax"]))
        topup["receipt"] = page_money_data.document(number, numbers[0])
        topup["credit_notes"] = [page_money_data.document(number, one, amount="-123456.78") for one in numbers]
    address = dict(zip(("line1", "line2", "city", "region", "postal_code"), NAMES, strict=True)) | {"country": "GS"}
    api.details = page_money_data.details(legal_name=UNBROKEN, address=address, po_number=UNBROKEN)


LONG_PARTS: Final = (UNBROKEN.lower()[:64], "accounts.payable.department.international")

FAULTS: Final = (Path(__file__).parent / "look_faults.js").read_text("utf-8")


def faults(page: Page) -> list[str]:
    """What scrolls sideways, leaves its place, is cut off, or lies over other text. The table of calls may shorten a
    cell: its price details show all of it.
    """
    found: Any = page.evaluate(FAULTS)
    return list(found)
