"""Compare, before a new release takes calls, how it and the release before it price a fixed set of calls.

CodeDeploy invokes this function before it shifts traffic, and waits for its report. The function has the layer of the
new release, and its own earlier versions have those of earlier ones. It writes nothing.
"""

import json
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.aws import aws_session
from calling_credit.charging.sample_calls import differences, price_samples
from calling_credit.config import config
from calling_credit.instants import format_instant
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import s3_client

MAX_LISTED: Final = 20

logger = Logger()
decks = ActiveDecks(s3_client(), config().deck_bucket)
functions: Any = aws_session().create_client("lambda")
deployments: Any = aws_session().create_client("codedeploy")


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
    now = clock.now()
    own, earlier = prices_at(now), prices_before(context.function_name, now)
    if earlier is None or earlier["deck"] != own["deck"]:
        logger.warning("nothing_to_compare", extra={"deck": own["deck"], "deck_before": earlier and earlier["deck"]})
        return True  # Each sample has been priced without an error.
    found = differences(earlier["prices"], own["prices"])
    outcome = "prices_agree" if not found else "prices_changed"
    logger.info(outcome, extra={"differences": found[:MAX_LISTED], "count": len(found)})
    return not found or config().prices_may_change


def prices_at(at: datetime) -> dict[str, Any]:
    """Return the version of the deck in force, and the prices of the samples."""
    deck = decks.in_force(at, None)
    return {"deck": deck.version, "prices": price_samples(deck, at)}


def prices_before(function: str, at: datetime) -> dict[str, Any] | None:
    """Return the answer of the newest version of another release; None without one.

    Raises:
        RuntimeError: that version failed.
    """
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    listed = [one for page in pages for one in page["Versions"]]
    releases = {one["Version"]: one.get("Description", "").rpartition(" ")[2] for one in listed}
    own = releases.pop("$LATEST", "")
    others = [int(version) for version, release in releases.items() if release != own]
    if not others:
        return None
    payload = json.dumps({"price_at": format_instant(at)}).encode()
    answer = functions.invoke(FunctionName=function, Qualifier=str(max(others)), Payload=payload)
    body: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise RuntimeError(f"version {max(others)} failed: {body.get('errorType')}")
    return body
