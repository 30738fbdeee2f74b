"""Probes of the functions that send mails and record those that came back."""

import copy
import json
import uuid

import boto3
import pytest

from local.deploy import MAIL_FROM
from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.conftest import eventually
from tests.stack.damaged_probes import damaged_report, mail_event
from tests.stack.deployment import invoke
from tests.stack.payment_probes import run_below_threshold


def send_mail(deployed: Stack, tokens: dict[str, str]) -> None:
    """Send a mail with a link after SES refused the first attempt."""
    customer = run_below_threshold(deployed, "pm_card_authenticationRequired")
    email, account = f"{uuid.uuid4().hex}@customer.example", f"/accounts/{customer.account_id}"
    deployed.api.send("PUT", account, tokens["operator"], {"billing_emails": [email]})
    event = mail_event(customer.account_id, "authentication_required")
    ses = boto3.client("sesv2")
    ses.delete_email_identity(EmailIdentity=MAIL_FROM)
    try:
        with pytest.raises(AssertionError, match="MessageRejected"):
            invoke(deployed, "SendMailFunction", event)
    finally:
        ses.create_email_identity(EmailIdentity=MAIL_FROM)
    with damaged_report(deployed, customer.account_id, email):
        assert invoke(deployed, "SendMailFunction", event) == {"addresses": 1}
    [mail] = eventually(lambda: deployed.mailbox.mails_to(email))
    assert "/links/" in mail.get_content()


def record_bounces(deployed: Stack, tokens: dict[str, str]) -> None:
    """Record a report about a mail that names its account, and one about a mail that does not, which is the same."""
    account_id, email = f"acct_{uuid.uuid4().hex[:12]}", f"{uuid.uuid4().hex}@customer.example"
    settings = {"time_zone": "UTC", "billing_emails": [email]}
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], settings)
    event = json.loads((ROOT / "events" / "record_bounces.json").read_text(encoding="utf-8"))
    event["detail"]["mail"] |= {"destination": [email], "tags": {"account_id": [account_id]}}
    assert invoke(deployed, "RecordBouncesFunction", event) == {"recorded": 1}
    nameless = copy.deepcopy(event)
    nameless["detail"]["mail"]["tags"] = {}
    assert invoke(deployed, "RecordBouncesFunction", nameless) == {"recorded": 0}
    [shown] = deployed.api.get(f"/operator/accounts/{account_id}", tokens["support"])["bounced_addresses"]
    assert shown["address"] == email
    with damaged_report(deployed, account_id, email):
        assert invoke(deployed, "RecordBouncesFunction", event) == {"recorded": 1}
