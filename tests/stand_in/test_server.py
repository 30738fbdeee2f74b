"""The stand-in as a server: the SDK over a socket, lost connections, controls over HTTP, and a port in use."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from local.stripe_stand_in.app import create_app
from local.stripe_stand_in.faults import ConnectionLost
from local.stripe_stand_in.server import Server
from local.stripe_stand_in.stand_in import StandIn
from ops.project import SettingsError


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on an unused port."""
    server = Server(0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def over_http(server: Server, monkeypatch: pytest.MonkeyPatch) -> stripe.StripeClient:
    """An SDK client configured like the functions."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return stripe.StripeClient(server.stand_in.api_key, base_addresses={"api": server.base_url})


@pytest.fixture
def control(server: Server) -> Iterator[httpx.Client]:
    """A client of the control routes."""
    with httpx.Client(base_url=f"{server.url}/_control", trust_env=False) as client:
        yield client


def paid(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.PaymentIntent:
    """A payment with a card that has no customer."""
    params: Any = {"amount": 2500, "currency": "usd", "payment_method": card, "confirm": True}
    params["allowed_payment_method_types"] = ["card"]
    return client.v1.payment_intents.create(params)


def test_the_sdk_pays_over_a_socket(server: Server, over_http: stripe.StripeClient) -> None:
    intent = paid(over_http)
    assert intent.status == "succeeded"
    assert over_http.v1.payment_intents.list({"limit": 1}).data[0].id == intent.id
    charge = over_http.v1.charges.retrieve(str(intent.latest_charge))
    receipt = httpx.get(str(charge.receipt_url), trust_env=False)
    assert (str(charge.receipt_url).startswith(server.url), receipt.status_code) == (True, 200)


@pytest.mark.parametrize(("kind", "made"), [("answer_lost", 1), ("dropped", 0)])
def test_a_lost_connection_is_closed_without_an_answer(
    server: Server, over_http: stripe.StripeClient, kind: str, made: int
) -> None:
    server.stand_in.faults.add(kind, "POST /v1/customers")
    with pytest.raises(stripe.APIConnectionError):
        over_http.v1.customers.create({})
    assert len(server.stand_in.account.objects["customer"]) == made


def test_a_test_client_raises_a_lost_connection() -> None:
    stand_in = StandIn()
    stand_in.faults.add("dropped", "GET /v1/customers")
    with pytest.raises(ConnectionLost):
        create_app(stand_in).test_client().get("/v1/customers")


def test_faults_are_added_listed_and_cleared_over_http(control: httpx.Client, over_http: stripe.StripeClient) -> None:
    order = {"kind": "rate_limited", "match": "POST /v1/customers", "count": 2}
    assert control.post("/faults", json=order).status_code == 201
    with pytest.raises(stripe.RateLimitError):
        over_http.v1.customers.create({})
    shown = control.get("/faults").json()
    assert [fault["count"] for fault in shown["waiting"]] == [1]
    assert {"answer_lost", "dropped", "slow", "error_500"} <= shown["request_faults"].keys()
    assert control.delete("/faults").status_code == 200
    assert over_http.v1.customers.create({}).id
    for wrong in ({"kind": "broken"}, {"match": "x"}, {"kind": "slow", "surprise": 1}):
        assert control.post("/faults", json=wrong).status_code == 400


def test_requests_events_counts_and_cards_are_listed_over_http(
    control: httpx.Client, over_http: stripe.StripeClient
) -> None:
    paid(over_http)
    (request,) = control.get("/requests").json()["requests"]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/v1/payment_intents", 200)
    assert control.get(f"/requests?id={request['request_id']}").json()["requests"] == [request]
    events = control.get("/events?type=charge.succeeded").json()["events"]
    assert [(event["type"], event["answers"]) for event in events] == [("charge.succeeded", [])]
    counts = control.get("/counts").json()
    assert (counts["payment_intents"], counts["charges"]) == ({"succeeded": 1}, {"succeeded": 1})
    assert counts["customers"] == {"none": {"payment_intents": 1, "succeeded": 1, "amount_received": 2500}}
    assert len(control.get("/cards").json()["cards"]) > 20


def test_the_controls_trigger_stripe_side_changes_over_http(
    control: httpx.Client, over_http: stripe.StripeClient
) -> None:
    waiting, failing = (paid(over_http, "pm_card_processing").id for _ in range(2))
    assert control.post(f"/payment_intents/{waiting}/settle").json()["status"] == "succeeded"
    answer = control.post(f"/payment_intents/{failing}/fail", json={"reason": "lost_card"}).json()
    assert answer["last_payment_error"]["decline_code"] == "lost_card"
    challenged = paid(over_http, "pm_card_authenticationRequired").id
    confirmation = control.post(f"/payment_intents/{challenged}/challenge", json={"confirmed": True})
    assert confirmation.json()["status"] == "succeeded"
    charge = str(over_http.v1.payment_intents.retrieve(waiting).latest_charge)
    dispute = control.post(f"/charges/{charge}/dispute", json={"reason": "fraudulent", "amount": 500}).json()
    assert control.post(f"/disputes/{dispute['id']}/win", json={"amount": 200}).json()["status"] == "won"
    refund = over_http.v1.refunds.create({"charge": str(paid(over_http).latest_charge)}).id
    assert control.post(f"/refunds/{refund}/fail").json()["status"] == "failed"
    again = control.post(f"/payment_intents/{waiting}/settle")
    assert (again.status_code, "must be processing" in again.json()["error"]["message"]) == (400, True)
    assert control.post("/payment_intents/pi_unknown/settle").status_code == 404
    assert control.post("/expire").json() == {"expired": []}
    assert control.post("/reset").status_code == 200
    assert control.get("/counts").json()["charges"] == {}


def test_the_controls_change_cards_and_the_account_over_http(
    control: httpx.Client, over_http: stripe.StripeClient
) -> None:
    customer = over_http.v1.customers.create({}).id
    card = over_http.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    renewed = control.post(f"/payment_methods/{card}/renew", json={"exp_year": 2040}).json()
    assert (renewed["card"]["last4"] != "4242", renewed["card"]["exp_year"]) == (True, 2040)
    assert control.post(f"/payment_methods/{card}/decline", json={"reason": "lost_card"}).json()["id"] == card
    assert control.post(f"/payment_methods/{card}/accept").json()["id"] == card
    assert control.post(f"/customers/{customer}/delete").json()["deleted"] is True
    charge = str(paid(over_http).latest_charge)
    assert control.post(f"/charges/{charge}/warn", json={"fraud_type": "misc"}).json()["actionable"] is True
    inquiry = control.post(f"/charges/{charge}/dispute", json={"inquiry": True}).json()["id"]
    assert control.post(f"/disputes/{inquiry}/escalate").json()["status"] == "needs_response"
    assert control.post("/events/list_late", json={"match": "refund.*", "seconds": 5}).json()["count"] == 1
    assert control.post("/endpoint", json={"disabled": True}).json()["status"] == "disabled"
    assert control.post("/endpoint", json={"invented": 1}).status_code == 400
    assert control.post("/endpoint/delete").json()["deleted"] is True
    assert control.post("/account", json={"charges_enabled": False}).json()["charges_enabled"] is False
    assert control.post("/account/cards", json={"accepted": False}).json()["card"]["available"] is False
    assert control.post("/key", json={"event": "none"}).json() == {"event": "none"}
    assert control.post("/account/acct_1Other/move").json()["id"] == "acct_1Other"
    assert over_http.v1.customers.list({}).data == []


def test_the_controls_answer_only_this_machine(server: Server) -> None:
    app = create_app(server.stand_in)
    answer = app.test_client().get("/_control/counts", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403


def test_the_error_for_a_port_in_use_names_the_variable_to_set() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} .*STRIPE_PORT"):
            Server(port).start()


def test_a_stopped_server_frees_its_port(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    server.stop()
    server.stop()
    follower = Server(port)
    follower.start()
    assert httpx.get(follower.url, trust_env=False).status_code == 200
    follower.stop()
