"""Only an operator sets an account's prices, the public sees none of them, and no customer sees what calls cost."""

from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.holds_bench import credit
from tests.functions.own_prices_bench import TERMS, call_to, gold, put, warm
from tests.harness.http import http_event
from tests.harness.world import MOBILE, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

USER: dict[str, Any] = {"client_id": None, "scope": None, "token_use": "id", "custom:account_id": "acct_1"}
PAGES = ("/balance", "/usage", "/spending", "/forecast", "/overview", "/lines", "/activity", "/denied-calls")
LISTS = ("/usage/outbound_international_call", "/statement")


@pytest.mark.parametrize(
    ("path", "code"), [("/accounts/acct_1", "scope_required"), ("/operator/accounts/acct_1", "staff_required")]
)
@pytest.mark.parametrize("group", ["member", "billing_admin"])
def test_no_customer_sets_prices(gold: World, path: str, code: str, group: str) -> None:
    before = gold.stack.items()
    claims = USER | {"cognito:groups": [group]}
    answer = gold.operate("PUT", path, {"markup_percent": "-50.00"}, **claims)
    assert (answer.status, answer.body["code"]) == (403, code)
    assert gold.stack.items() == before


def test_the_public_list_never_shows_an_accounts_price(gold: World) -> None:
    warm(gold)
    query = {"number": UNITED_KINGDOM}
    assert gold.get("/account/rates", **query).body["items"][0]["rate_per_minute"] == "0.05"
    tokens: list[dict[str, Any]] = [{}, {"custom:account_id": "acct_1", "cognito:groups": ["billing_admin"]}]
    for claims in tokens:
        for more in ("number=%2B442071838750", "country=GB", "popular=1", "country=GB&from=%2B14155550100&rows=3"):
            event = http_event("public_rates", "GET", "/rates", claims=claims)
            event["rawQueryString"] = more
            event["queryStringParameters"] = dict(part.split("=") for part in more.replace("%2B", "+").split("&"))
            shown = gold.invoke("public_rates", event)
            assert shown.status == 200, shown.text
            assert '"0.10"' in shown.text
            for word in ("gold", '"0.05"', "0.28125", "markup", "price_list", "base_rate"):
                assert word not in shown.text, (more, word)
    assert gold.get("/account/rates", account="acct_9", **query).status in (403, 404)


def test_no_customer_sees_what_a_call_costs_the_operator(gold: World) -> None:
    gold.stack.publish_list("cost", deck_csv({"rate_per_minute": "0.0377"}), "cost-1")
    assert put(gold, price_list="cost").body["code"] == "reserved_price_list"
    warm(gold)
    assert gold.deliver(call_to(UNITED_KINGDOM, "c_1"), call_to(MOBILE, "c_2")) == []
    put(gold, **TERMS | {"markup_percent": "5.00"})
    texts = [gold.get(path).text for path in PAGES + LISTS]
    texts += [gold.get(path, accept="text/csv").text for path in LISTS]
    texts += [gold.get("/account/rates", number=UNITED_KINGDOM).text]
    texts += [str(event) for event in gold.of_kind("ACTIVITY")]
    for text in texts:
        for word in ("0.0377", "37700", "margin", "cost-1", '"cost"', "sold_at_a_loss"):
            assert word not in text, text
    for group in (["member"], ["billing_admin"], []):
        event = http_event("read_accounts", "GET", "/operator/margins", claims=USER | {"cognito:groups": group})
        event["rawQueryString"] = "from=2026-11-01&to=2026-11-30"
        event["queryStringParameters"] = {"from": "2026-11-01", "to": "2026-11-30"}
        assert gold.invoke("read_accounts", event).status == 403
