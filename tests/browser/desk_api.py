"""A stand-in for the operator's routes: accounts in memory, rights by group, and an answer once per Idempotency-Key."""

import json
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tests.browser.desk_accounts import ACCOUNTS, limits
from tests.browser.desk_calls import CALLS
from tests.browser.desk_lists import APPROVALS, LISTS
from tests.browser.desk_terms import PROMOTIONS, promotion, with_budgets
from tests.browser.desk_texts import ago

GROUPS: Final = {
    "femi@phone.example": ["finance"],
    "grace@phone.example": ["finance"],
    "sofia@phone.example": ["support"],
    "uma@customer.example": ["billing_admin"],
}
APPROVAL_ABOVE: Final = Decimal(100)
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Act:
    """One request that writes."""

    user: str
    method: str
    path: str
    body: dict[str, Any]
    key: str | None


def problem(status: int, code: str, detail: str) -> Answer:
    """An error in the form of the API."""
    return status, {"type": "about:blank", "title": "Problem", "status": status, "code": code, "detail": detail}


def margins(cursor: str | None) -> dict[str, Any]:
    """A report on margins in two parts, of an account each."""
    account, cost = ("acct_halcyon", "0.05") if cursor else ("acct_meridian", "0.25")
    margin = f"{Decimal('0.20') - Decimal(cost):f}"
    numbers = {"calls": 2, "duration_seconds": 120, "charged": "0.20", "cost": cost, "margin": margin}
    numbers |= {"margin_percent": None}
    place = {"country": "GB", "destination": "United Kingdom"}
    return {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "accounts_read": 1,
        "total": numbers,
        "destinations": [place | numbers],
        "accounts": [{"account_id": account} | numbers],
        "without_cost": 1,
        "left_out": 0,
        "unreadable": 0,
        "next_cursor": None if cursor else "two",
    }


def move_id(kind: str) -> str:
    """An id of a move."""
    return f"{kind}_{0:032x}"


class DeskApi:
    """The accounts, and what was requested. `posted` holds each act once per key."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again."""
        self.accounts = deepcopy(ACCOUNTS)
        self.approvals = deepcopy(APPROVALS)
        self.in_flight: dict[str, Any] | None = None
        self.closing: dict[str, Any] = deepcopy(LISTS["close"])
        self.promotions = deepcopy(PROMOTIONS)
        self.requests: list[Act] = []
        self.posted: dict[str, tuple[Act, Answer]] = {}
        self.reads: list[str] = []

    def answer(
        self, user: str, method: str, parts: list[str], query: dict[str, str], text: str, key: str | None
    ) -> Answer:
        """Answer one request."""
        groups = GROUPS[user]
        if not {"support", "finance"} & set(groups):
            return problem(403, "staff_required", "This needs a sign-in of the phone company's staff.")
        if method == "GET":
            self.reads.append("/".join(parts))
            if parts in (["margins"], ["promotions"]) and "finance" not in groups:
                return problem(
                    403, "finance_required", "Only members of the group finance may do this; ask one of them."
                )
            return self._read(parts, query)
        act = Act(user, method, "/".join(parts), json.loads(text or "{}"), key)
        self.requests.append(act)
        if (
            "finance" not in groups
            and act.body.keys() != {"frozen"}
            and parts[-1] not in ("withdraw", "resend", "sign-out")
        ):
            return problem(403, "finance_required", "Only members of the group finance may do this; ask one of them.")
        if key in self.posted:
            before, result = self.posted[key]
            if before.body != act.body:
                return problem(409, "idempotency_key_reused", "This Idempotency-Key was used with another body.")
            return result
        result = self._write(act, parts)
        if result[0] < 300 and key:
            self.posted[key] = act, result
        return result

    def _read(self, parts: list[str], query: dict[str, str]) -> Answer:
        match parts:
            case ["accounts"]:
                return 200, self._found(query["find"])
            case ["approvals"]:
                return 200, {"items": self.approvals}
            case ["promotions"]:
                return 200, {"items": self.promotions, "next_cursor": None}
            case ["margins"]:
                return 200, margins(query.get("cursor"))
            case ["accounts", account_id, *rest] if account_id in self.accounts:
                return self._read_account(account_id, rest, query)
        return problem(404, "unknown_account", "This account does not exist.")

    def _read_account(self, account_id: str, parts: list[str], query: dict[str, str]) -> Answer:
        match parts:
            case []:
                return 200, self.accounts[account_id]
            case ["lines"]:
                return 200, {"items": with_budgets(self.accounts[account_id]["lines"]), "next_cursor": None}
            case ["calls"] if not query["number"].startswith("+"):
                return problem(422, "invalid_number", "number must be a number such as +442071838750.")
            case ["calls"]:
                items = [call for call in CALLS.values() if call["event"]["to"] == query["number"].replace(" ", "")]
                return 200, {"items": items, "from": query["at"], "to": query["at"], "more": False}
            case ["calls", call_key]:
                return 200, CALLS[call_key]
            case ["close"]:
                return 200, self.closing
        return 200, LISTS["/".join(parts)]

    def _found(self, find: str) -> dict[str, Any]:
        items = []
        for one in self.accounts.values():
            texts = {"account_id": [one["account_id"]], "email": one["billing_emails"], "name": [one["name"] or ""]}
            texts |= {
                "user_name": [user["name"] for user in one["users"]],
                "number": [line["number"] for line in one["lines"]],
            }
            matches = [
                {"kind": kind, "value": text}
                for kind, values in texts.items()
                for text in values
                if text.lower().startswith(find.lower())
            ]
            if matches:
                items.append({"account_id": one["account_id"], "name": one["name"], "matched": matches[0]})
        return {"items": items, "more": find == "acct_"}

    def _write(self, act: Act, parts: list[str]) -> Answer:
        amount = Decimal(act.body.get("amount", "0"))
        if amount > APPROVAL_ABOVE and parts[0] != "approvals":
            return 202, {"id": move_id("adj"), "status": "waiting", "expires_at": ago(hours=-24)}
        match parts:
            case ["promotions"] if "withdrawn" in act.body:
                [one] = [one for one in self.promotions if one["code"] == act.body["code"]]
                one["withdrawn_at"] = ago(seconds=1)
                return 200, one
            case ["promotions"]:
                body = act.body
                self.promotions.insert(0, promotion(body["code"], body["amount"], body["total"]))
                return 201, self.promotions[0]
            case ["transfers"]:
                accounts = {name: act.body[name] for name in ("from_account_id", "to_account_id")}
                balances = {
                    "from_balance": self._move(act.body["from_account_id"], -amount),
                    "to_balance": self._move(act.body["to_account_id"], amount),
                }
                return 201, {"id": move_id("tr"), **accounts, "amount": str(amount), **balances}
            case ["approvals", approval_id, decision]:
                [one] = [one for one in self.approvals if one["id"] == approval_id]
                one["status"] = {"approve": "approved", "reject": "rejected"}[decision]
                one["decided"] = {"by": {"kind": "staff", "name": act.user}, "at": ago(seconds=1)}
                return 200, {**one, "result": {}} if decision == "approve" else one
            case ["accounts", account_id, *rest]:
                return self._write_account(account_id, rest, act, amount)
        return problem(404, "unknown_address", "There is no such address.")

    def _write_account(self, account_id: str, parts: list[str], act: Act, amount: Decimal) -> Answer:
        match parts:
            case []:
                return 200, self._change(account_id, act.body)
            case ["limits"] | ["users", *_] | ["auto-recharge"]:
                return 200, self._settle(account_id, parts)
            case ["countries", country, "confirm"]:
                return 200, {"country": country, "confirmed_at": ago(seconds=0)}
        return self._write_credit(account_id, parts, act, amount)

    def _settle(self, account_id: str, parts: list[str]) -> dict[str, Any]:
        if parts[-1] == "sign-out":
            return {"user_id": parts[1], "signed_out_until": ago(seconds=0), "refresh_tokens_revoked": True}
        if parts == ["auto-recharge"]:
            rule = {**self.accounts[account_id]["auto_recharge"], "enabled": False, "in_flight": self.in_flight}
            return {name: value for name, value in rule.items() if name != "switched_off"}
        limits_now: dict[str, Any] = self.accounts[account_id]["limits"]
        return limits_now

    def _change(self, account_id: str, body: dict[str, Any]) -> dict[str, Any]:
        one = self.accounts[account_id]
        one |= body
        if "frozen" in body:
            one["frozen_since"] = ago(seconds=1) if body["frozen"] else None
        settings = ("account_id", "currency", "time_zone", "status", "billing_emails", "admission", "frozen", "name")
        flags = {"frozen": one["frozen"], "breakdown": False, "bundles": one.get("bundles", [])}
        flags |= {name: one[name] for name in ("price_list", "markup_percent")}
        return {**{name: one[name] for name in settings if one[name]}, **flags, "limits": limits()}

    def _write_credit(self, account_id: str, parts: list[str], act: Act, amount: Decimal) -> Answer:
        moved = {"id": move_id("gw"), "amount": str(amount)}
        match parts:
            case ["adjustments"] if act.body["reason"] == "no":
                return problem(422, "invalid_field", "reason must be at least three characters.")
            case ["adjustments"]:
                return 201, {**moved, "balance": self._move(account_id, amount)}
            case ["calls", call_key, "goodwill"]:
                call = {"call_key": call_key, "started_at": CALLS[call_key]["started_at"]}
                return 201, {**moved, **call, "balance": self._move(account_id, amount)}
            case ["top-ups", top_up_id, "refunds"]:
                moved |= {"top_up_id": top_up_id, "status": "refunded"}
                return 201, {**moved, "balance": self._move(account_id, -amount)}
            case ["calls", call_key, "corrections"]:
                before = {"duration_seconds": 180, "price": CALLS[call_key]["price"]}
                figures = {"before": before, "after": {"duration_seconds": 0, "price": "0.00"}}
                call = {"call_key": call_key, "started_at": CALLS[call_key]["started_at"]}
                return 201, {**call, **figures, "difference": "0.042", "balance": "41.2822"}
        return problem(404, "unknown_address", "There is no such address.")

    def _move(self, account_id: str, amount: Decimal) -> str:
        balance = self.accounts[account_id]["balance"]
        for name in ("balance", "available"):
            balance[name] = str(Decimal(balance[name]) + amount)
        return str(balance["balance"])
