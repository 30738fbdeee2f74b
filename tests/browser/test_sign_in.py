"""Sign-in: the hosted page, code and PKCE, and tokens that are never stored, renewed in time, cleared at sign-out."""

import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Device
from tests.stack.customers import Customer

TOKEN = re.compile(r"/oauth2/token$")


def test_sign_in_returns_to_the_requested_page(visit: Visit, customer: Customer, device: Device) -> None:
    visitor = visit(device)
    visitor.open("#/history")
    visitor.sees("Prepaid credit for international calls")
    visitor.press("Sign in")
    query = parse_qs(urlsplit(visitor.page.url).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [visitor.home]
    assert min(len(query["state"][0]), len(query["nonce"][0]), len(query["code_challenge"][0])) >= 43
    visitor.enter_password(customer.email)
    assert visitor.page.url == f"{visitor.home}#/history"
    visitor.sees("No payments yet.")
    expect(visitor.page.locator("header")).to_contain_text("Uma")


def test_tokens_are_not_stored_and_a_reload_signs_in_again(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    with visitor.page.expect_response(TOKEN) as answered:
        visitor.sign_in(customer.email)
    tokens = answered.value.json()
    stored = visitor.stored() + visitor.page.url
    for token in ("id_token", "access_token", "refresh_token"):
        assert tokens[token]
        assert tokens[token] not in stored
        assert tokens[token].split(".")[-1] not in stored
    assert not [url for url in visitor.requests if tokens["id_token"] in url]
    visitor.page.reload()
    visitor.enter_password(customer.email)
    visitor.sees("available credit")


def test_forged_sign_in_response_is_rejected(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    for forged in ("?code=stolen&state=made-up", "?code=stolen&state="):
        visitor.open(forged)
        visitor.sees("This sign-in is invalid or has expired. Sign in again.")
        assert "code=" not in visitor.page.url
    visitor.press("Sign in")
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))
    visitor.open("?code=stolen&state=made-up")
    visitor.sees("This sign-in is invalid or has expired. Sign in again.")
    assert not [url for url in visitor.requests if TOKEN.search(url)]
    visitor.press("Sign in")
    visitor.enter_password(customer.email)
    visitor.sees("available credit")


def test_id_token_of_another_sign_in_is_rejected(visit: Visit, customer: Customer) -> None:
    """A stolen code of another sign-in brings a token with another nonce."""
    visitor = visit()

    def change_nonce(route: Route) -> None:
        grant = route.fetch().json()
        header, claims, signature = grant["id_token"].split(".")
        payload = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"nonce": "another"}
        changed = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
        headers = {"access-control-allow-origin": "*"}
        route.fulfill(status=200, headers=headers, json=grant | {"id_token": f"{header}.{changed}.{signature}"})

    visitor.page.route(TOKEN, change_nonce, times=1)
    visitor.open()
    visitor.press("Sign in")
    visitor.enter_password(customer.email, is_in=False)
    visitor.sees("This sign-in is invalid or has expired. Sign in again.")


def test_ended_sign_in_signs_in_again(visit: Visit) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.sign_in("ana@meridian-travel.example")
    problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "code": "signed_out", "detail": "Sign in."}
    visitor.page.route(re.compile("/lines"), lambda route: route.fulfill(status=403, json=problem))
    visitor.page.get_by_role("link", name="Lines", exact=True).click()
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))


def test_failed_sign_in_can_be_retried(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.page.route(TOKEN, lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    visitor.open()
    visitor.press("Sign in")
    visitor.page.get_by_label("Username").fill(customer.email)
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.press("Sign in")
    visitor.enter_password(customer.email)
    visitor.sees("Sign-in could not be completed. Try again.")
    visitor.page.unroute(TOKEN)
    visitor.press("Sign in")
    visitor.enter_password(customer.email)
    visitor.sees("available credit")


def test_rejected_token_is_renewed_silently(visit: Visit, deployed: object, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.sign_in("ben@meridian-travel.example")
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.headers["authorization"])
            route.fulfill(status=401, json={"message": "Unauthorized"})

    visitor.page.route(re.compile("/lines"), refuse_once)
    with visitor.page.expect_response(TOKEN) as answered:
        visitor.follow("Lines")
    assert "grant_type=refresh_token" in (answered.value.request.post_data or "")
    visitor.sees(re.compile(r"\+1\s?212\s?555\s?0101"))
    assert refused


def test_token_is_renewed_before_it_expires(visit: Visit) -> None:
    visitor = visit()

    def shorten_lifetime(route: Route) -> None:
        answer = route.fetch()
        grant = answer.json()
        header, claims, signature = grant["id_token"].split(".")
        payload = json.loads(base64.urlsafe_b64decode(claims + "=="))
        payload["exp"] = payload["iat"] + 61
        changed = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
        route.fulfill(
            status=200,
            headers={"access-control-allow-origin": "*"},
            json=grant | {"id_token": f"{header}.{changed}.{signature}"},
        )

    visitor.page.clock.install()
    visitor.break_network()  # The gateway refuses the changed token once; only the later renewal matters.
    visitor.page.route(TOKEN, shorten_lifetime, times=1)
    visitor.sign_in("ben@meridian-travel.example")
    token_requests = [url for url in visitor.requests if TOKEN.search(url)]
    assert len(token_requests) == 2
    visitor.page.clock.fast_forward("59:30")
    visitor.follow("Lines")
    assert len([url for url in visitor.requests if TOKEN.search(url)]) == 3


def test_expired_session_signs_in_again_and_returns(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    visitor.page.route(
        re.compile("/statement"), lambda route: route.fulfill(status=401, json={"message": "Unauthorized"})
    )
    visitor.page.route(TOKEN, lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}), times=1)
    visitor.page.get_by_role("link", name="Statement", exact=True).click()
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))
    visitor.page.unroute(re.compile("/statement"))
    visitor.page.unroute(TOKEN)
    visitor.enter_password(customer.email)
    assert visitor.page.url.startswith(f"{visitor.home}#/statement")
    visitor.sees("Adjustment: Credit of a test")


def test_rejected_sign_in_is_reported_without_a_redirect_loop(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    overviews: list[Route] = []
    visitor.page.route(re.compile("/overview$"), lambda route: overviews.append(route))  # noqa: PLW0108 - needs a function

    def reject_overview_last(seen: str) -> None:
        """Sign in. The API accepts the token for the payment methods, and then rejects it for the overview."""
        visitor.page.wait_for_url(lambda url: "/oauth2/authorize" in url and url != seen)
        with visitor.page.expect_response(re.compile("/payment-methods$")) as methods:
            visitor.enter_password(customer.email, is_in=False)
        assert methods.value.ok
        methods.value.finished()
        visitor.wait(lambda: overviews)
        overviews.pop().fulfill(status=401, json={"message": "Unauthorized"})

    visitor.open()
    visitor.press("Sign in")
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))
    first = visitor.page.url  # Each sign-in has its own `state`.
    reject_overview_last("")
    reject_overview_last(first)
    visitor.sees("Your sign-in was rejected.")


def test_sign_out_clears_all_session_data(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    requests: list[Request] = []

    def record(request: Request) -> None:
        requests.append(request)

    visitor.context.on("request", record)
    visitor.context.route(re.compile("/oauth2/revoke$"), lambda route: route.fulfill(status=200))  # Not emulated.
    visitor.sign_in(customer.email)
    visitor.press("Sign out")
    visitor.sees("Prepaid credit for international calls")
    assert [url for url in visitor.requests if "/logout?" in url]
    [revoked] = [request for request in requests if request.url.endswith("/oauth2/revoke")]
    assert set(parse_qs(revoked.post_data or "")) == {"token", "client_id"}
    assert json.loads(visitor.stored()) == [[], [], ""]
    visitor.open()
    expect(visitor.page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("place", ["", "#/rates", "#/nothing-there"])
def test_page_sends_no_api_request_before_sign_in(visit: Visit, place: str) -> None:
    visitor = visit()
    visitor.open(place)
    visitor.settle()
    paths = {urlsplit(url).path for url in visitor.requests}
    anonymous = {"/rates"} if place == "#/rates" else set[str]()  # The popular countries need no sign-in.
    assert {path for path in paths if not path.startswith("/assets/")} == {"/"} | anonymous
