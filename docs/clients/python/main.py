"""What a service does with Provost: signs people in, deactivates them, gives them roles, and follows
every decision.

    python main.py sign-in USER_NAME
    python main.py deactivate USER_NAME
    python main.py set-role USER_NAME ROLE
    python main.py follow CURSOR_FILE
"""

import os
import sys
import uuid
from pathlib import Path

from identity import Connection, Refused
from provost.identity.v1 import user_service_pb2 as messages
from provost.identity.v1 import user_service_pb2_grpc as services
from provost.identity.v1.user_pb2 import Role
from provost.identity.v1.write_options_pb2 import WriteOptions
from watcher import follow

USAGE = "say sign-in USER_NAME, deactivate USER_NAME, set-role USER_NAME ROLE or follow CURSOR_FILE"

# What this follower of the ledger is called, one name for each that has a cursor of its own.
CONSUMER = "example"


class People:
    """The users of a site."""

    def __init__(self, connection, site):
        self.answered = connection.answered
        self.users = services.UserServiceStub(connection.channel)
        self.site = site

    def sign_in(self, user_name):
        """What your single sign-on service does when it has a valid assertion."""
        answer = self.answered(
            self.users.RegisterSignIn,
            messages.RegisterSignInRequest(site=self.site, user_name=user_name, options=once()),
        )
        # Let the person in only when this is true.
        if not answer.admitted:
            return f"{user_name} is not admitted, by the holds: {', '.join(answer.denial.holds)}"
        first = ", for the first time" if answer.created else ""
        return f"{user_name} is admitted as {word_of(answer.decision.user.role)}{first}"

    def deactivate(self, user_name):
        request = messages.DeactivateUserRequest(
            site=self.site,
            user_id=self.look_up(user_name).id,
            note="left the company",
            options=once(reason="asked for on the command line"),
        )
        answer = self.answered(self.users.DeactivateUser, request)
        return f"{user_name} is deactivated{'' if answer.decision.changed else ', and was before'}"

    def set_role(self, user_name, word):
        """Reads, decides, writes: whoever is slower than somebody else reads again."""
        name = f"ROLE_{word.upper()}"
        if name not in Role.keys():
            sys.exit("the roles are Registered, Moderator and Admin")
        while True:
            user = self.look_up(user_name)
            request = messages.SetUserRoleRequest(
                site=self.site,
                user_id=user.id,
                role=Role.Value(name),
                options=once(expected_version=user.version),
            )
            try:
                answer = self.answered(self.users.SetUserRole, request)
                return f"{user_name} is {word_of(answer.decision.user.role)}"
            except Refused as refused:
                if refused.reason != "VERSION_MISMATCH":
                    raise

    def look_up(self, user_name):
        request = messages.LookupUserRequest(site=self.site, user_name=user_name)
        return self.answered(self.users.LookupUser, request).user


def tell(event):
    """What a service of yours does with an event. The same one may come twice."""
    line = f"{event.site} {event.revision} {event.kind} {event.user_id} by {event.caller}"
    print(line, flush=True)


def once(**options):
    """One effect, however often the request is made."""
    return WriteOptions(request_id=str(uuid.uuid4()), **options)


def word_of(role):
    return Role.Name(role).removeprefix("ROLE_").capitalize()


def explained(refused):
    """What to tell whoever asked."""
    if refused.reason != "GRANT_MISSING":
        return str(refused)
    return f"{refused}\nAsk for the permission {refused.metadata['missing_permission']}."


def main(words, environment):
    site = environment.get("IDENTITY_SITE", "default")
    connection = Connection(environment)
    people = People(connection, site)
    try:
        match words:
            case ["sign-in", user_name]:
                print(people.sign_in(user_name))
            case ["deactivate", user_name]:
                print(people.deactivate(user_name))
            case ["set-role", user_name, role]:
                print(people.set_role(user_name, role))
            case ["follow", cursor]:
                follow(connection, [site], CONSUMER, Path(cursor), tell)
            case _:
                sys.exit(USAGE)
    except Refused as refused:
        sys.exit(explained(refused))


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
