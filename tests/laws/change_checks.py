"""Law 13: each change of an account is recorded exactly when it is made, with its actor and values before and after.

The checks compare successive images of items with the changes recorded meanwhile: applied to the values before, in
some order, these lead exactly to the values after. What each kind of item records is spelled here again, without the
code that writes it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.laws.budget_changes import OF_REQUESTS, changes_of_requests, check_values, facts_of_budget
from tests.laws.move_changes import changes_of_moves
from tests.laws.prices import money

Image = Mapping[str, Any]
Key = tuple[str, str]
Images = Mapping[Key, tuple[Image | None, Image | None]]
"""The image before and after of each item that changed."""
Facts = dict[str, Any]

ACTOR = re.compile(r"(user|staff|client|link|stripe|sweep):.+")
EMPTY: tuple[Any, ...] = (None, False, [])
"""Values that mean the same as a missing one."""
MONEY = {"daily_spend": 200_000_000, "call_price": 50_000_000, "high_cost": 2_000_000, "daily_top_up": 2_000_000_000}
"""The limits in dollars, with their defaults in micro-dollars."""
UNCOUNTED = {"card_blocked", "card_unblocked", "links_withdrawn", "number_erased"}
"""Actions whose items these checks do not compare."""
BESIDE = {"account_closed": ("reason", "balance")}
"""What an action records beside the values that it changes."""
OF_ENTRIES = {
    "credit_reversed": ("credit_reversed", "top_up:{topup_id}"),
    "credit_returned": ("credit_returned", "top_up:{topup_id}"),
}
"""The action and the subject that an entry of this kind stands for."""


def law_13_each_change_is_recorded(images: Images) -> Counter[str]:
    """Check that the recorded changes are exactly those of the items. Return how often each action was recorded."""
    recorded = [after for (_, sk), (_, after) in images.items() if sk.startswith("ACTIVITY#") and after]
    for (pk, sk), (before, _) in images.items():
        assert before is None or not sk.startswith("ACTIVITY#"), f"law 13: the recorded change {pk} {sk} changed"
    for change in recorded:
        assert ACTOR.fullmatch(change.get("by", "")), f"law 13: {change['PK']} {change['SK']} names no actor"
    values, counted = _values(images), _counted(images)
    left = list(recorded)
    for (pk, subject), (before, after) in values.items():
        mine = [change for change in left if (change["PK"], change["subject"]) == (pk, subject)]
        mine = [change for change in mine if change["action"] not in OF_REQUESTS]
        left = [change for change in left if change not in mine]
        _fold(f"{pk} {subject}", before, after, mine)
    found = Counter((change["PK"], change["action"], change["subject"], _by(change)) for change in left)
    expected = Counter({key: number for key, number in counted.items() if number})
    surplus = {key for key in found - expected if key[1] not in UNCOUNTED}
    assert not surplus, f"law 13: recorded, but nothing changed: {sorted(surplus)}"
    assert not expected - found, f"law 13: not recorded: {sorted(expected - found)}"
    check_values(images, recorded)
    return Counter(str(change["action"]) for change in recorded)


def _by(change: Image) -> str:
    """Who made an adjustment; other entries do not name it."""
    return str(change["by"]) if change["action"] == "adjustment_posted" else ""


def _fold(name: str, before: Facts, after: Facts, changes: list[Image]) -> None:
    """Check that the changes, in some order, lead from the values before to those after, and each changes something."""
    values, waiting = dict(before), list(changes)
    while waiting:
        fitting = [change for change in waiting if _fits(values, change)]
        assert fitting, f"law 13: {name} was {values}, which no recorded change was made from: {waiting}"
        change = fitting[0]
        waiting.remove(change)
        assert _clean(change.get("old", {})) != _clean(change.get("new", {})), f"law 13: {name} changed nothing"
        news = dict.fromkeys(change.get("old", {})) | dict(change.get("new", {}))
        values |= {name: value for name, value in news.items() if name not in BESIDE.get(change["action"], ())}
    assert _clean(values) == _clean(after), f"law 13: {name} is {_clean(after)}, but recorded as {_clean(values)}"


def _fits(values: Facts, change: Image) -> bool:
    names = {*change.get("old", {}), *change.get("new", {})}
    return _clean({name: values.get(name) for name in names}) == _clean(change.get("old", {}))


def _clean(values: Image) -> Facts:
    return {name: value for name, value in values.items() if value not in EMPTY}


def _values(images: Images) -> dict[Key, tuple[Facts, Facts]]:
    """The recorded values of each subject, before and after."""
    found: dict[Key, tuple[Facts, Facts]] = {}
    for (pk, sk), (before, after) in images.items():
        for kind, subject_of, facts_of in FOLDED:
            if sk.split("#")[0] == kind and pk.startswith("ACCOUNT#"):
                has_defaults = subject_of(sk) == "operator_limits"
                old, new = (facts_of(image or {}) if image or has_defaults else {} for image in (before, after))
                if subject_of(sk) != "customer" or old:
                    found[pk, subject_of(sk)] = (old, new)
    return found


def _account(item: Image) -> Facts:
    names = ("name", "time_zone", "status", "billing_emails", "admission")
    low = item.get("low_micros")
    facts = {name: item.get(name) for name in names} | {"frozen": "frozen_at" in item}
    languages = sorted(item.get("languages", {}).items())
    facts["languages"] = [{"address": address, "language": language} for address, language in languages]
    waiting = item.get("waiting_emails", ())
    facts["waiting_emails"] = [{"address": one["address"], "language": one["language"]} for one in waiting]
    facts["breakdown"] = "breakdown_since" in item
    facts["bundles"] = _bundles(item)
    return facts | {"low_balance": None if low is None else money(low)}


def _billing_details(item: Image) -> Facts:
    """The billing details as GET shows them, without the empty parts of the address."""
    facts = {name: item.get(name) for name in ("legal_name", "po_number", "email_receipts")}
    return facts | {"address": item.get("postal_address"), "tax_id": item.get("tax_identity")}


def _bundles(item: Image) -> list[Facts] | None:
    """The bundles of included minutes as the operator sent them; None without any."""
    return [
        {
            "name": one["name"],
            "countries": one.get("countries", []),
            "prefixes": one.get("prefixes", []),
            "minutes": one["minutes"],
        }
        for one in item.get("bundles", ())
    ] or None


def _prices(item: Image) -> Facts:
    if not item.get("price_terms"):
        return {}
    latest = item["price_terms"][0]
    sign, hundredths = "-" * (latest["markup_hundredths"] < 0), abs(latest["markup_hundredths"])
    markup = f"{sign}{hundredths // 100}.{hundredths % 100:02d}"
    return {"price_list": latest.get("price_list"), "markup_percent": markup, "prices_from": latest["from"]}


def _limits(stored: Image, defaults: Image) -> Facts:
    facts: Facts = {}
    for name, default in MONEY.items():
        micros = stored.get(f"{name}_micros", defaults.get(name) and default)
        facts[name] = None if micros is None else money(micros)
    counts = {"simultaneous_calls": 30 if defaults else None, "blocked": None, "high_cost_allowed": None}
    return facts | {name: stored.get(name, default) for name, default in counts.items()}


def _rule(item: Image) -> Facts:
    causes = sorted(":".join(cause.split("#")[:2]) for cause in item.get("suspended_by", ()))
    reasons = {cause.split(":")[0] for cause in causes}
    strongest = next((one for one in ("payment_disputed", "payment_refunded") if one in reasons), None)
    amounts = ("threshold", "amount", "daily_limit", "monthly_limit")
    return {
        "enabled": item["enabled"],
        **{name: money(item[f"{name}_micros"]) for name in amounts},
        "payment_method": {"id": item["payment_method_id"], "brand": item["brand"], "last4": item["last4"]},
        "hourly_count": item["hourly_count"],
        "switched_off": item.get("switched_off", {}).get("reason"),
        "suspended": strongest or item.get("suspended_reason"),
        "suspended_by": causes,
    }


def _operators_limits(item: Image) -> Facts:
    caps = {name.removesuffix("_micros"): money(micros) for name, micros in item.get("caps", {}).items()}
    return _limits(item.get("limits", {}), MONEY) | caps


def _backup(item: Image) -> Facts | None:
    card = item.get("backup_card")
    return card and {"id": card["payment_method_id"], "brand": card["brand"], "last4": card["last4"]}


def _line(item: Image) -> Facts:
    facts = {name: item.get(name) for name in ("number", "user_id", "international_calling", "closes_at")}
    return facts | facts_of_budget(item) | {"bundles": _bundles(item)}


FOLDED: tuple[tuple[str, Callable[[str], str], Callable[[Image], Facts]], ...] = (
    ("ACCOUNT", lambda _: "account", _account),
    ("ACCOUNT", lambda _: "prices", _prices),
    ("ACCOUNT", lambda _: "operator_limits", _operators_limits),
    ("ACCOUNT", lambda _: "limits", lambda item: _limits(item.get("own_limits", {}), {})),
    ("ACCOUNT", lambda _: "customer", lambda item: _clean({"customer": item.get("stripe_customer_id")})),
    ("ACCOUNT", lambda _: "backup_card", lambda item: _clean({"backup_card": _backup(item)})),
    ("BILLING_DETAILS", lambda _: "billing_details", _billing_details),
    ("KNOWN", lambda sk: f"country:{sk.split('#')[1]}", lambda item: {"confirmed": "confirmed_at" in item}),
    ("LINE", lambda sk: f"line:{sk.split('#')[1]}", _line),
    ("USER", lambda sk: f"user:{sk.split('#')[1]}", lambda item: {"name": item["name"]} | facts_of_budget(item)),
    ("AUTO_RECHARGE", lambda _: "auto_recharge", _rule),
)
"""The kinds of item whose values are recorded: their subject, and these values in the form of the API."""


def _counted(images: Images) -> Counter[tuple[str, str, str, str]]:
    """The changes that new items stand for: `(partition, action, subject, actor)`. Entries of calls stand for none."""
    found = changes_of_moves(images) + changes_of_requests(images)
    new = [(pk, sk, after) for (pk, sk), (before, after) in images.items() if before is None and after]
    entries = [(pk, item) for pk, sk, item in new if sk.startswith("ENTRY#")]
    corrected = [(pk, [item["correction"]]) for pk, item in entries if "correction" in item]
    found.update(
        (pk, action, subject, item["by"] if action == "adjustment_posted" else "")
        for pk, sk, item in new
        for action, subject in _of_item(sk, item, is_corrected=(pk, sk.split("#")[1:2]) in corrected)
    )
    for (pk, sk), (before, after) in images.items():
        if sk.split("#")[0] == "SIGNED_OUT" and after and after["after"] != (before or {}).get("after"):
            subject = sk.partition("#")[2] or pk.partition("#")[2]
            found[pk, "signed_out", f"sign_in:{subject}", ""] += 1
        if sk.endswith("#default") and after and after.get("recorded_at") != (before or {}).get("recorded_at"):
            found[pk, "default_method_changed", "default_payment_method", ""] += "recorded_at" in after
    return found


def _of_item(sk: str, item: Image, *, is_corrected: bool) -> Iterator[tuple[str, str]]:
    """The action and the subject that a new item stands for."""
    kind, *parts = sk.split("#")
    if kind == "ENTRY" and item["category"] == "adjustment":
        yield "adjustment_posted", f"adjustment:{parts[1]}"
    elif kind == "ENTRY" and item["kind"] in OF_ENTRIES:
        action, subject = OF_ENTRIES[item["kind"]]
        yield action, subject.format(**item)
    elif kind == "CORRECTION" and is_corrected:
        yield "call_corrected" if "stated_seconds" in item else "call_waived", f"call:{item['call_key']}"
    elif kind == "REDEEMED":
        yield "promotion_redeemed", f"promotion:{parts[0]}"
    elif kind == "PROMOTION":
        yield "promotion_created", f"promotion:{item['code']}"
    elif kind == "RERATING":
        yield "calls_rerated", f"run:{parts[0]}"
    elif kind == "PAYMENT_METHOD" and parts[1] != "default":
        yield "card_saved" if parts[1] == "attached" else "card_removed", f"card:{parts[0]}"


def differences(before: Iterable[Image], after: Iterable[Image]) -> dict[Key, tuple[Image | None, Image | None]]:
    """The image before and after of each item that differs between two readings."""
    old, new = ({(item["PK"], item["SK"]): item for item in items} for items in (before, after))
    return {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)}
