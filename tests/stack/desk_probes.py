"""Probes of the functions of the desk: each uses every action that its function's policy allows."""

import json
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import quote, urlsplit

import boto3
import httpx

from calling_credit.rates import deck_store
from calling_credit.rates.list_names import COST, LISTS, list_client
from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.call_probes import deliver
from tests.stack.conftest import eventually
from tests.stack.deployment import invoke
from tests.stack.test_calls import make_call, open_account

NUMBER = "+442071838750"


def read_accounts(deployed: Stack, tokens: dict[str, str]) -> None:
    """Read each part of an account as support does."""
    at = quote(datetime.now(UTC).isoformat())
    account = "/operator/accounts/acct_meridian"
    for path in (
        "/operator/accounts?find=dana",
        f"/operator/accounts?find={quote(NUMBER)}",
        account,
        *(f"{account}/{name}" for name in ("statement?limit=1", "usage", "lines", "top-ups", "activity", "proof")),
        f"{account}/calls?number={quote(NUMBER)}&at={at}",
    ):
        answer = deployed.api.request("GET", path, tokens["support"])
        assert answer.status_code == 200, answer.text
    shown = deployed.api.get(account, tokens["support"])
    assert shown["stripe"]["asked"] is True, shown["stripe"]
    read_margins(deployed, tokens)


def read_margins(deployed: Stack, tokens: dict[str, str]) -> None:
    """Ask for margins before and after a buying list is stored."""
    client, bucket = boto3.client("s3"), deployed.outputs["DeckBucketName"]
    costs, address = list_client(client, COST), "/operator/margins?from=2026-01-01&to=2026-01-02"
    client.delete_object(Bucket=bucket, Key=f"{LISTS}{COST}/{deck_store.ACTIVE_KEY}")
    answer = deployed.api.request("GET", address, tokens["finance"])
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_price_list"), answer.text
    data, now = (ROOT / "local" / "rates.csv").read_bytes(), datetime.now(UTC)
    version = deck_store.deck_version(data, now)
    deck_store.put_deck(costs, bucket, version, data)
    deck_store.activate(costs, bucket, deck_store.pointer_to(version, data, now))
    answer = deployed.api.request("GET", address, tokens["finance"])
    assert answer.status_code == 200, answer.text
    client.delete_object(Bucket=bucket, Key=f"{LISTS}{COST}/{deck_store.ACTIVE_KEY}")


def keep_accounts(deployed: Stack, tokens: dict[str, str]) -> None:
    """Send a mail again, export an account, erase a number that its name and a call contain, and close it."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "1.00")
    email, path = f"{uuid.uuid4().hex}@customer.example", f"/accounts/{account_id}"
    settings = {"billing_emails": [email], "name": f"Call {NUMBER}"}
    deployed.api.send("PUT", path, tokens["operator"], settings)
    deployed.api.send("PUT", f"{path}/users/user_1", tokens["operator"], {"name": f"Call {NUMBER}"})
    call = make_call(account_id, NUMBER, 60, datetime.now(UTC) - timedelta(hours=1))
    assert deliver(deployed, call) == []
    send_again(deployed, tokens, account_id, email)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    exported = deployed.api.send("POST", f"/operator{path}/exports", tokens["finance"], {"reason": "A test"}, key)
    assert download(deployed, exported["url"]) >= {"entries.csv", "calls.json"}
    erased = deployed.api.send("POST", f"/operator{path}/numbers/erase", tokens["finance"], {"number": NUMBER})
    assert erased["erased"] >= 3, erased
    assert (
        deployed.api.send("POST", f"/operator{path}/close", tokens["finance"], {"reason": "A test"})["can_close"]
        is False
    )


def send_again(deployed: Stack, tokens: dict[str, str], account_id: str, email: str) -> None:
    """Send a mail of a new event, and the same mail again at the request of support."""
    data = {"balance": "4.00", "low_balance": "5.00"}
    detail = {"id": f"evt_{uuid.uuid4().hex}", "type": "BalanceLow", "account_id": account_id, "data": data}
    assert invoke(deployed, "SendMailFunction", {"detail": detail}) == {"addresses": 1}
    path = f"/operator/accounts/{account_id}/mails"
    [mail] = deployed.api.get(path, tokens["support"])["items"]
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answer = deployed.api.send("POST", f"{path}/{mail['mail_id']}/resend", tokens["support"], {}, key)
    assert answer["sent"] is True, json.dumps(answer)
    eventually(lambda: len(deployed.mailbox.mails_to(email)) == 2)


def download(deployed: Stack, url: str) -> set[str]:
    """The names of the files behind the link of an export."""
    address = urlsplit(url)
    local = f"{deployed.settings.endpoint_url}{address.path}?{address.query}"
    answer = httpx.get(local, headers={"Host": address.netloc}, trust_env=False)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        return set(archive.namelist())
