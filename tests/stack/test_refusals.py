"""What a function's role may not do: the emulator refuses each request beyond a limit of the template, and accepts one
within it.

The requests are sent with credentials of a copy of the role, so no function runs. The emulator evaluates the conditions
of these policies (`local/emulator_conditions.py`); `NOT_EVALUATED` lists the rest.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import boto3
import pytest
from botocore.exceptions import ClientError

from local.deploy import MAIL_FROM
from local.stack import Stack
from tests.functions.template_resources import translated
from tests.stack.deployment import physical_id
from tests.stack.role_requests import (
    Request,
    get,
    get_object,
    mail,
    put,
    put_event,
    put_object,
    query,
    read,
    receive,
    scan,
    secret,
    send,
    statement,
    transact,
    update,
)

NOT_EVALUATED = {
    "EventBusPolicy": "the emulator does not support policies of buses",
    "logs": "the emulator writes the logs itself",
    "streams": "the emulator reads streams itself",
}
"""Limits that only AWS enforces; test_template_policies judges them in the translated template."""


@dataclass(frozen=True)
class Limit:
    """A limit of a role: a request beyond it, and the same kind of request within it."""

    function: str
    beyond: Request
    within: Request


KEY, USE = "CONNECTOR_KEY#probe", ("last_used_at", "last_address")
ACCOUNT, CARD, ISSUE = "ACCOUNT#acct_probe", "CARD#probe", "STRIPE#probe"
PROMOTION, TAX = "PROMOTION#PROBE", "tax/rates.csv"
GOLD, COST = "lists/gold/probe.csv", "lists/cost/probe.csv"
LIMITS = {
    "a rater writes accounts only": Limit("RateCalls", put(CARD), put(ACCOUNT)),
    "in a transaction too": Limit("RateCalls", transact(ACCOUNT, CARD), transact(ACCOUNT)),
    "an authorizer reads accounts only": Limit("AuthorizeCall", read(ACCOUNT, CARD), read(ACCOUNT)),
    "a reader reads accounts only": Limit("ListUsage", query("STRIPE#EVENTS"), query(ACCOUNT)),
    "a reader writes nothing": Limit("ListUsage", put(ACCOUNT), query(ACCOUNT)),
    "rerating writes no card": Limit("RerateCalls", put(CARD), put(ACCOUNT)),
    "settings write no card": Limit("ChangeSettings", put(CARD), put(ACCOUNT)),
    "operators write no issue": Limit("ManageAccounts", put(ISSUE), put(CARD)),
    "payments write no mail": Limit("AddFunds", put("MAIL"), put(CARD)),
    "operators write no promotion": Limit("ManageAccounts", put(PROMOTION), put(ACCOUNT)),
    "redeeming writes promotions and accounts": Limit(
        "MoveCredit", transact(PROMOTION, "MAIL"), transact(PROMOTION, ACCOUNT)
    ),
    "moves list promotions, not lots": Limit("MoveCredit", query("LOT#0", "sweep"), query("PROMOTION#0", "sweep")),
    "moves write no mail": Limit("MoveCredit", put("MAIL"), put(CARD)),
    "staff's readers write nothing": Limit("ReadAccounts", put(ACCOUNT), query(ACCOUNT)),
    "keepers of accounts write no mail": Limit("KeepAccounts", put("MAIL"), put(ACCOUNT)),
    "links write no mail": Limit("FollowLinks", put("MAIL"), put(ACCOUNT)),
    "callbacks write no mail": Limit("StripeWebhook", put("MAIL"), put(ISSUE)),
    "recharges write no mail": Limit("AutoRecharge", put("MAIL"), put(ACCOUNT)),
    "sweeps write no mail": Limit("ReconcilePayments", put("MAIL"), put(ISSUE)),
    "the proof begins without accounts": Limit("ProveLedger", put(ACCOUNT), put("LEASE")),
    "the proof queues accounts alone": Limit("ProveLedger", send("CallQueueUrl"), send("ProofQueueUrl")),
    "the proof puts issues only": Limit("ProveAccounts", put(ACCOUNT), put(ISSUE)),
    "the proof changes no balance": Limit(
        "ProveAccounts", update(ACCOUNT, "posted_micros"), update(ACCOUNT, "days", "proven_at", "full_on")
    ),
    "the proof takes from its queue": Limit("ProveAccounts", receive("CallQueueUrl"), receive("ProofQueueUrl")),
    "the mailer writes no card": Limit("SendMail", put(CARD), put("MAIL")),
    "reports are queued alone": Limit("ReportCalls", send("EventFailureQueueUrl"), send("CallQueueUrl")),
    "reports write nothing": Limit("ReportCalls", put(ACCOUNT), read(ACCOUNT)),
    "the door reads connector keys only": Limit("CheckConnectorKey", get(ACCOUNT), get(KEY)),
    "the door creates no key": Limit("CheckConnectorKey", put(KEY), get(KEY)),
    "the door restores no key": Limit("CheckConnectorKey", update(KEY, "revoked_at"), update(KEY, "last_used_at")),
    "the door renames no key": Limit("CheckConnectorKey", update(KEY, *USE, "name"), update(KEY, *USE)),
    "an authorizer reads no connector key": Limit("AuthorizeCall", read(KEY), read(ACCOUNT)),
    "operators read no connector key": Limit("ManageAccounts", read(KEY), read(ACCOUNT)),
    "no writer scans": Limit("AddFunds", scan, query(ACCOUNT)),
    "no writer uses PartiQL": Limit("AddFunds", statement, query(ACCOUNT)),
    "holds are swept alone": Limit("ExpireHolds", query("TOPUP#0", "sweep"), query("HOLD#0", "sweep")),
    "lots are swept beside holds": Limit("ExpireHolds", query("RECEIPT#0", "sweep"), query("LOT#0", "sweep")),
    "so is spending": Limit("ExpireHolds", query("PROMOTION#0", "sweep"), query("SPENDING#0", "sweep")),
    "that sweep writes accounts only": Limit("ExpireHolds", put(CARD), put(ACCOUNT)),
    "receipts are swept beside payments": Limit(
        "ReconcilePayments", query("LOT#0", "sweep"), query("RECEIPT#0", "sweep")
    ),
    "shortening moves no money": Limit(
        "ShortenNumbers", update(ACCOUNT, "posted_micros"), update(ACCOUNT, "shortened_at")
    ),
    "shortening lists accounts alone": Limit("ShortenNumbers", query("HOLD#0", "sweep"), query("ACCOUNT#0", "sweep")),
    "raters read no archive": Limit(
        "RateCalls", get_object("raw/probe", "ArchiveBucketName"), put_object("raw/probe", "ArchiveBucketName")
    ),
    "payments are swept alone": Limit("ReconcilePayments", query("HOLD#0", "sweep"), query("TOPUP#0", "sweep")),
    "accounts are proven alone": Limit("ProveLedger", query("TOPUP#0", "sweep"), query("ACCOUNT#0", "sweep")),
    "holds are proven alone": Limit("ProveAccounts", query("TOPUP#0", "sweep"), query("HOLD#0", "sweep")),
    "accounts are listed alone": Limit("PublishRates", query("TOPUP#0", "sweep"), query("ACCOUNT#0", "sweep")),
    "unrated calls are swept alone": Limit("RerateCalls", query("HOLD#0", "sweep"), query("UNRATED#0", "sweep")),
    "public prices use no table": Limit("PublicRates", query(ACCOUNT), get_object("active.json")),
    "public prices use no secret": Limit("PublicRates", secret("CursorSecret"), get_object("active.json")),
    "the page uses nothing": Limit("BillingPage", get_object("active.json"), lambda *_: None),
    "payments forge no callback": Limit("AddFunds", secret("StripeWebhookSecret"), secret("StripeSecret")),
    "links forge no callback": Limit("FollowLinks", secret("StripeWebhookSecret"), secret("CursorSecret")),
    "callbacks sign no link": Limit("StripeWebhook", secret("CursorSecret"), secret("StripeWebhookSecret")),
    "the mailer charges no card": Limit("SendMail", secret("StripeSecret"), secret("CursorSecret")),
    "the rater takes from its queue": Limit("RateCalls", receive("DeadLetterQueueUrl"), receive("CallQueueUrl")),
    "events create no calls": Limit("PublishEvents", send("CallQueueUrl"), send("EventFailureQueueUrl")),
    "raters read no uploads": Limit("RateCalls", get_object("incoming/probe.csv"), get_object("decks/probe.csv")),
    "raters read no tax": Limit("RateCalls", get_object(TAX), get_object("decks/probe.csv")),
    "payments write no tax": Limit("AddFunds", put_object(TAX), get_object(TAX)),
    "payments read no deck": Limit("AddFunds", get_object("active.json"), get_object(TAX)),
    "settings read no deck": Limit("ChangeSettings", get_object("active.json"), get_object(TAX)),
    "sweeps read no deck": Limit("ReconcilePayments", get_object("active.json"), get_object(TAX)),
    "recharges read no deck": Limit("AutoRecharge", get_object("active.json"), get_object(TAX)),
    "callbacks read no tax": Limit("StripeWebhook", get_object(TAX), put(ISSUE)),
    "raters write no price list": Limit("RateCalls", put_object(GOLD), get_object(GOLD)),
    "public prices read no price list": Limit("PublicRates", get_object(GOLD), get_object("active.json")),
    "staff's readers read no list but the buying one": Limit("ReadAccounts", get_object(GOLD), get_object(COST)),
    "publishing writes no card": Limit("PublishRates", put(CARD), put(ACCOUNT)),
    "publishing uploads nothing": Limit("PublishRates", put_object("incoming/p.csv"), put_object("reports/p.json")),
    "the publisher has one name": Limit("PublishEvents", put_event("other"), put_event("calling-credit")),
    "it has one bus": Limit("PublishEvents", put_event("calling-credit", "default"), put_event("calling-credit")),
    "the mailer sends no event": Limit("SendMail", put_event("calling-credit"), put("MAIL")),
    "the mailer takes from its queues": Limit("SendMail", receive("CallQueueUrl"), receive("UrgentMailQueueUrl")),
    "the mailer fills no queue": Limit("SendMail", send("MailQueueUrl"), receive("MailQueueUrl")),
    "reports of mails write accounts only": Limit("RecordBounces", put("MAIL"), put(ACCOUNT)),
    "reports of mails read no payment": Limit("RecordBounces", query(CARD), query("MAIL#ada@halcyon.example")),
    "the mailer has one sender": Limit("SendMail", mail("ceo@phone-service.example"), mail(f"Billing <{MAIL_FROM}>")),
}


@pytest.fixture(scope="module")
def session_of(deployed: Stack) -> Iterator[Callable[[str], boto3.Session]]:
    """Credentials with the policies of a function's role."""
    iam, made = boto3.client("iam"), []
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}

    @cache
    def session(function: str) -> boto3.Session:
        name, role = f"probe-{uuid.uuid4().hex[:12]}", physical_id(deployed, f"{function}FunctionRole")
        document = iam.get_role_policy(RoleName=role, PolicyName="own")["PolicyDocument"]
        trusting = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
        made.append(name)
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        keys = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="probe")["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    yield session
    for name in made:
        iam.delete_role_policy(RoleName=name, PolicyName="own")
        iam.delete_role(RoleName=name)


def is_denied(request: Request, session: boto3.Session, stack: Stack) -> bool:
    """Return whether IAM refuses a request. Other errors come from the service, which evaluates IAM first."""
    try:
        request(session, stack)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AccessDenied.Exception")
    return False


@pytest.mark.parametrize("name", LIMITS)
def test_role_is_refused_what_lies_beyond_its_limit(
    deployed: Stack, session_of: Callable[[str], boto3.Session], name: str
) -> None:
    limit = LIMITS[name]
    assert is_denied(limit.beyond, session_of(limit.function), deployed), "beyond the limit"
    assert not is_denied(limit.within, session_of(limit.function), deployed), "within the limit"


def test_every_role_of_a_function_has_a_limit() -> None:
    roles = {
        name
        for name, one in translated().items()
        if one["Type"] == "AWS::IAM::Role" and one.get("Condition") != "ReleasesGradually"  # Only on AWS.
    }
    functions = {name.removesuffix("FunctionRole") for name in roles if name.endswith("FunctionRole")}
    assert functions == {limit.function for limit in LIMITS.values()}
    print("\nEnforced by AWS only:", *(f"{limit}: {reason}" for limit, reason in NOT_EVALUATED.items()), sep="\n- ")


@pytest.mark.parametrize(
    "queue",
    ["CallQueue", "DeadLetterQueue", "RechargeFailureQueue", "EventFailureQueue", "ProofQueue", "ProofDeadLetterQueue"],
)
def test_queue_with_its_policy_refuses_plain_http(deployed: Stack, queue: str) -> None:
    """The emulator has no TLS, so the template adds the policy only on AWS. Here a queue of the test gets it, and then
    refuses even to be deleted.
    """
    client = boto3.client("sqs")
    url = client.create_queue(QueueName=f"probe-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.loads(json.dumps(translated()[f"{queue}Policy"]["Properties"]["PolicyDocument"]))
    policy["Statement"][0]["Resource"] = arn
    client.send_message(QueueUrl=url, MessageBody="before")
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    with pytest.raises(ClientError, match="AccessDenied"):
        client.send_message(QueueUrl=url, MessageBody="after")
