"""Compare, before a new release takes calls, how it and the release before it price a fixed set of calls.

CodeDeploy invokes this function before it shifts traffic, and waits for its report. The function has the layer of the
new release, and its own earlier versions have those of earlier ones. The release before is the one that was live when
the deployment began, as `make deploy` recorded it: a newer one has failed, or was rolled back. It
writes nothing.
"""

import json
import time
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.aws import aws_session
from calling_credit.charging.sample_calls import differences, price_samples
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import s3_client

MAX_LISTED: Final = 20
NO_DECK: Final = ""
ATTEMPTS: Final = 3
WAIT_SECONDS: Final = 5.0
"""A deck that was published meanwhile is known to both releases a moment later."""

logger = Logger()
decks = ActiveDecks(s3_client(), config().deck_bucket)
functions: Any = aws_session().create_client("lambda")
deployments: Any = aws_session().create_client("codedeploy")
parameters: Any = aws_session().create_client("ssm")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Report to CodeDeploy whether the releases agree; or, for the release after this one, return the prices of the
    samples by the deck in force (`{"price_at": instant}`).
    """
    if "price_at" in event:
        return prices_at(datetime.fromisoformat(event["price_at"]))
    is_good = False
    try:
        is_good = judge(context)
    except Exception:  # CodeDeploy waits an hour for a report, and a check that fails is no release.
        logger.exception("release_not_checked")
    status = "Succeeded" if is_good else "Failed"
    deployments.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
    return {"status": status}


def judge(context: LambdaContext) -> bool:
    """Return whether the release may take calls."""
    before = version_before(context.function_name)
    own, earlier = prices_of_both(context.function_name, before)
    if earlier is None:
        logger.warning("nothing_to_compare", extra={"deck": own["deck"]})
        return True  # Each sample has been priced without an error.
    if earlier["deck"] != own["deck"]:
        logger.warning("decks_differ", extra={"deck": own["deck"], "deck_before": earlier["deck"]})
        return config().prices_may_change
    found = differences(earlier["prices"], own["prices"])
    outcome = "prices_agree" if not found else "prices_changed"
    logger.info(outcome, extra={"differences": found[:MAX_LISTED], "count": len(found)})
    return not found or config().prices_may_change


def prices_of_both(function: str, before: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return what both releases answer for one instant, asked again while their decks differ. Without a release
    before, or without a deck, the second is None.
    """
    for left in reversed(range(ATTEMPTS)):
        now = clock.now()
        own = prices_at(now)
        earlier = prices_before(function, before, now) if before and own["deck"] != NO_DECK else None
        if earlier is None or earlier["deck"] == own["deck"] or not left:
            return own, earlier
        time.sleep(WAIT_SECONDS)
    raise AssertionError("the last attempt returns")


def prices_at(at: datetime) -> dict[str, Any]:
    """Return the version of the deck in force, and the prices of the samples; none before a first deck is published."""
    try:
        deck = decks.in_force(at, None)
    except Unavailable as error:
        if error.code != ProblemCode.NO_ACTIVE_DECK:
            raise
        return {"deck": NO_DECK, "prices": {}}
    return {"deck": deck.version, "prices": price_samples(deck, at)}


def version_before(function: str) -> str:
    """Return this function's version of the release that was live when the deployment began; empty without one."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    listed = [one for page in pages for one in page["Versions"]]
    releases = {one["Version"]: one.get("Description", "").rpartition(" ")[2] for one in listed}
    own, wanted = releases.pop("$LATEST", ""), recorded_release()
    others = [int(version) for version, name in releases.items() if name != own and (not wanted or name == wanted)]
    return str(max(others)) if others else ""


def recorded_release() -> str:
    """Return the release that was recorded last as live; empty if none is, or if its functions were of several builds,
    so that the newest other one is compared.
    """
    try:
        text = parameters.get_parameter(Name=f"/{config().stack_name}/releases")["Parameter"]["Value"]
    except parameters.exceptions.ParameterNotFound:
        return ""
    last: dict[str, Any] = max(json.loads(text), key=lambda one: str(one["at"]))
    return str(last["name"])


def prices_before(function: str, version: str, at: datetime) -> dict[str, Any]:
    """Return the answer of an earlier version.

    Raises:
        RuntimeError: that version failed.
    """
    payload = json.dumps({"price_at": format_instant(at)}).encode()
    answer = functions.invoke(FunctionName=function, Qualifier=version, Payload=payload)
    body: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise RuntimeError(f"version {version} failed: {body.get('errorType')}")
    return body
