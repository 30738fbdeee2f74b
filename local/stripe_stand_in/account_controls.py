"""The controls of the account as a whole: its webhook endpoint, its events, its key, and which account it is."""

from typing import Any, Final

from local.stripe_stand_in import card_settings, endpoints, own_account
from local.stripe_stand_in.access import LEVELS, RESOURCES
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.refusals import Fields, Refusal
from local.stripe_stand_in.stand_in import StandIn

CHANGEABLE: Final = ("api_version", "disabled", "enabled_events", "url")


class AccountControls:
    """Controls the account of a stand-in."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    @property
    def _account(self) -> Account:
        return self._stand_in.account

    def change_endpoint(self, **changes: Any) -> Fields:
        """Change the webhook endpoint: `disabled`, `enabled_events`, `url`, or `api_version`. A disabled endpoint gets
        no more events, not even those that wait for delivery.

        Raises:
            Refusal: there is no endpoint, or another field is named.
        """
        with self._stand_in.lock:
            if unknown := changes.keys() - set(CHANGEABLE):
                raise Refusal(400, f"An endpoint has no {', '.join(sorted(unknown))}; change {', '.join(CHANGEABLE)}.")
            endpoint = self._endpoint()
            endpoints.update(self._account, changes, endpoint["id"])
            if "api_version" in changes:
                endpoint["api_version"] = changes["api_version"]
            if endpoint["status"] == "disabled":
                self._stand_in.outbox.abandon()
            return endpoint

    def delete_endpoint(self) -> Fields:
        """Delete the webhook endpoint in the dashboard; events that wait for delivery are never delivered."""
        with self._stand_in.lock:
            answer = endpoints.delete(self._account, {}, self._endpoint()["id"])
            self._stand_in.outbox.abandon()
            return answer

    def move_to_account(self, account_id: str) -> Fields:
        """Let the API key belong to another account without the objects of the first; moving back restores them."""
        with self._stand_in.lock:
            self._stand_in.switch_account(account_id)
            return own_account.retrieve(self._account, {})

    def change_account(self, **fields: Any) -> Fields:
        """Change fields of the account, for example `charges_enabled=False`.

        Raises:
            Refusal: the account has no such field.
        """
        with self._stand_in.lock:
            if unknown := fields.keys() - own_account.FIELDS.keys():
                raise Refusal(400, f"The account has no field {', '.join(sorted(unknown))}.")
            self._account.changed_fields |= fields
            return own_account.retrieve(self._account, {})

    def set_cards(self, *, accepted: bool) -> Fields:
        """Switch card payments on or off in the account's payment method settings."""
        with self._stand_in.lock:
            return card_settings.set_cards(self._account, accepted=accepted)

    def restrict_key(self, **rights: str) -> Fields:
        """Restrict the API key: `customer="read"`, `event="none"`. Resources not named keep all rights; no arguments
        lift all restrictions.

        Raises:
            Refusal: a resource or right is unknown.
        """
        with self._stand_in.lock:
            for resource, level in rights.items():
                if resource not in RESOURCES.values() or level not in LEVELS:
                    known = ", ".join(sorted(set(RESOURCES.values())))
                    raise Refusal(400, f"A right is {', '.join(LEVELS)} of one of: {known}.")
            self._stand_in.rights = dict(rights)
            return dict(rights)

    def refuse(
        self, match: str = "POST /v1/checkout/sessions", code: str | None = None, count: int = 1, **refusal: Any
    ) -> Fields:
        """Refuse the next matching requests, by default the next Checkout Session, with a code, and with `param`,
        `message`, and `status` (400).
        """
        fault = self._stand_in.faults.add("refused", match, count=count, code=code, **refusal)
        return {"match": fault.match, "code": fault.code, "param": fault.param, "status": fault.status, "count": count}

    def list_late(self, match: str = "*", seconds: float = 60.0, count: int = 1) -> Fields:
        """Let the next events of these types be listed only after `seconds`; they are delivered at once."""
        self._stand_in.faults.add("listed_late", match, count=count, seconds=seconds)
        return {"match": match, "seconds": seconds, "count": count}

    def _endpoint(self) -> Fields:
        for endpoint in self._account.newest_first(endpoints.KIND):
            return endpoint
        raise Refusal(404, "The account has no webhook endpoint; create one with POST /v1/webhook_endpoints.")
