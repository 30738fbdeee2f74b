"""One probe per function: it uses every action that the function's policy allows, and raises if the function does not
complete its work. Only the probe triggers the function meanwhile.
"""

import json
import uuid
from collections.abc import Callable

from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.call_probes import (
    authorize_a_call,
    correct_a_call_of_version_1,
    expire_a_hold,
    invoke_rate_calls,
    report_calls,
    shorten_an_old_call,
)
from tests.stack.connector_probes import use_a_key
from tests.stack.damaged_probes import announce_a_damaged_entry
from tests.stack.deck_probes import publish_a_deck, rate_late
from tests.stack.deployment import invoke
from tests.stack.desk_probes import keep_accounts, read_accounts
from tests.stack.mail_probes import record_bounces, send_mail
from tests.stack.move_probes import move_credit
from tests.stack.payment_probes import add_funds, follow_a_link, handle_webhooks, recharge, reconcile
from tests.stack.proof_probes import prove, prove_one
from tests.stack.test_calls import open_account

Probe = Callable[[Stack, dict[str, str]], None]


def read_everything(deployed: Stack, tokens: dict[str, str]) -> None:
    """Check that every route of list_usage answers 200."""
    for path in (
        "/balance",
        "/overview",
        "/usage",
        "/usage/outbound_international_call",
        "/usage/outbound_international_call?find=London%20%2B44",
        "/spending",
        "/statement",
        "/lines",
        "/lines/line_groups/changes",
        "/account/rates?number=%2B442071838750",
    ):
        assert deployed.api.request("GET", path, tokens["admin"]).status_code == 200, path


def read_rates(deployed: Stack, tokens: dict[str, str]) -> None:
    """Read a price without a sign-in."""
    assert deployed.api.request("GET", "/rates?number=%2B442071838750").status_code == 200


def change_settings(deployed: Stack, tokens: dict[str, str]) -> None:
    """Switch a line, remove a recipient of mails, store and simulate a rule, and ask Stripe about an unknown card."""
    for is_on in (False, True):
        body = {"international_calling": is_on}
        assert deployed.api.request("PUT", "/lines/line_groups", tokens["admin"], json=body).status_code == 200
    kept = deployed.api.get("/notifications", tokens["admin"])["recipients"]
    listed = [one["address"] for one in kept if one["status"] == "confirmed"]
    more = {"billing_emails": [*listed, f"{uuid.uuid4().hex}@removed.example"]}
    deployed.api.send("PUT", "/accounts/acct_meridian", tokens["operator"], more)
    recipients = [{name: one[name] for name in ("address", "language")} for one in kept]
    deployed.api.send("PUT", "/notifications", tokens["admin"], {"recipients": recipients})
    rule = deployed.api.get("/auto-recharge", tokens["admin"])
    settings = {name: rule[name] for name in ("enabled", "threshold", "amount", "payment_method_id")}
    assert deployed.api.request("PUT", "/auto-recharge", tokens["admin"], json=settings).status_code == 200
    assert deployed.api.request("POST", "/auto-recharge/simulate", tokens["admin"], json=settings).status_code == 200
    other = settings | {"payment_method_id": "pm_unknown"}
    assert deployed.api.request("PUT", "/auto-recharge", tokens["admin"], json=other).status_code == 404


def manage_an_account(deployed: Stack, tokens: dict[str, str]) -> None:
    """Create, configure, and adjust an account; rename its user and sign one out; correct a call; ask for a line in an
    unknown area.
    """
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "1.00")
    line = {"number": "+19995550100", "user_id": "user_1"}
    answer = deployed.api.request("PUT", f"/accounts/{account_id}/lines/line_9", tokens["operator"], json=line)
    assert answer.status_code == 422, answer.text
    deployed.api.send("PUT", f"/accounts/{account_id}/users/user_1", tokens["operator"], {"name": "Ula"})
    signed_out = deployed.api.request(
        "POST", f"/accounts/{account_id}/users/{uuid.uuid4()}/sign-out", tokens["operator"]
    )
    assert signed_out.status_code == 200, signed_out.text
    correct_a_call_of_version_1(deployed, tokens, account_id)
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], {"status": "closed"})


def publish(deployed: Stack, tokens: dict[str, str]) -> None:
    """Publish the events of the sample records to the bus."""
    sample = json.loads((ROOT / "events" / "publish_events.json").read_text(encoding="utf-8"))
    assert invoke(deployed, "PublishEventsFunction", sample) == {"batchItemFailures": []}
    announce_a_damaged_entry(deployed)


PROBES: dict[str, Probe] = {
    "CheckConnectorKeyFunction": use_a_key,
    "RateCallsFunction": invoke_rate_calls,
    "AuthorizeCallFunction": authorize_a_call,
    "ReportCallsFunction": report_calls,
    "ExpireHoldsFunction": expire_a_hold,
    "ShortenNumbersFunction": shorten_an_old_call,
    "ListUsageFunction": read_everything,
    "PublicRatesFunction": read_rates,
    "FollowLinksFunction": follow_a_link,
    "ChangeSettingsFunction": change_settings,
    "ManageAccountsFunction": manage_an_account,
    "MoveCreditFunction": move_credit,
    "AddFundsFunction": add_funds,
    "StripeWebhookFunction": handle_webhooks,
    "AutoRechargeFunction": recharge,
    "ReconcilePaymentsFunction": reconcile,
    "ProveAccountsFunction": prove_one,
    "ProveLedgerFunction": prove,
    "PublishEventsFunction": publish,
    "SendMailFunction": send_mail,
    "RecordBouncesFunction": record_bounces,
    "PublishRatesFunction": publish_a_deck,
    "RerateCallsFunction": rate_late,
    "ReadAccountsFunction": read_accounts,
    "KeepAccountsFunction": keep_accounts,
}
