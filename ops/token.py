"""Prints an ID token of a demonstration user of the running local stack, to try the HTTP API with. Refuses other
stacks: on AWS, people sign in on the hosted page.
"""

import argparse

from ops.project import local_description
from ops.stack import find_stack
from ops.terminal import CommandError, run


def main() -> int:
    """Run `python -m ops.token [EMAIL]`, behind `make token`."""
    parser = argparse.ArgumentParser(prog="make token", description="Print an ID token of a demonstration user.")
    parser.add_argument("email", nargs="?", default="", help="the user; by default the first billing admin")
    email = parser.parse_args().email
    stack = find_stack()
    if not stack.is_local:
        raise CommandError("Only the local stack issues tokens here. Unset STACK.")
    description = local_description()
    users = [user for user in description["users"] if email in ("", user["email"])]
    if not users:
        emails = ", ".join(user["email"] for user in description["users"])
        raise CommandError(f"There is no user {email}. The users are {emails}.")
    answer = stack.client("cognito-idp").initiate_auth(
        ClientId=description["user_pool_client_id" if users[0]["account_id"] else "staff_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": users[0]["email"], "PASSWORD": users[0]["password"]},
    )
    print(answer["AuthenticationResult"]["IdToken"])
    return 0


if __name__ == "__main__":
    run(main)
