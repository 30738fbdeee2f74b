"""Authorize a call and hold credit for it.

The use case reads the context, decides, and writes the hold in one conditional transaction. If another call took the
credit first, the condition fails; the use case then reads and decides again.
"""

import time
from collections.abc import Callable
from datetime import datetime

from calling_credit.admission.decision import AdmissionRequest, Decision, decide_admission, depends_on_spending
from calling_credit.admission.reader import AdmissionReader
from calling_credit.admission.snapshot import AdmissionSnapshot
from calling_credit.admission.store import AdmissionStore
from calling_credit.dynamodb.retries import backoff
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.deck import Deck


def authorize(
    request: AdmissionRequest,
    deck: Deck,
    reader: AdmissionReader,
    store: AdmissionStore,
    now: datetime,
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Decision, AdmissionSnapshot]:
    """Decide whether to connect or extend a call, and hold the credit that the decision needs.

    Returns:
        The decision, and the snapshot that it is based on.

    Raises:
        Conflict: `call_id_reused`.
        Unavailable: The table did not accept the hold in time. The client may safely repeat the request.
    """
    for _ in backoff(seconds_left=seconds_left, sleep=sleep):
        snapshot = reader.snapshot(request, deck, now)
        decision = decide_admission(snapshot.context)
        if depends_on_spending(snapshot.context, decision):
            snapshot = reader.with_spending(snapshot, deck)
            decision = decide_admission(snapshot.context)
        if decision.hold is None or store.place_hold(snapshot.context, decision.hold):
            return decision, snapshot
    raise Unavailable(ProblemCode.BUSY, "Too many requests compete for this account's credit; retry the request.")
