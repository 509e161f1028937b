"""What no request may bring about: a fault, an error without words, something stored that was
refused, a user that the schemas don't describe.

Must never know why a request was made.
"""

import itertools
import json

from schemas import misfits
from values import ERROR
from wire import NOTHING

LARGE = 12_000  # bytes of a user who is then made small again
KEYWORDS = {
    None, "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath",
    "noTarget", "invalidValue", "invalidVers", "sensitive",
    # RFC 9865 section 2.3
    "invalidCursor", "expiredCursor", "invalidCount",
}  # fmt: skip
UNANSWERED = {"HEAD"}  # methods whose answers have no body


class Judge:
    """One user, who is asked about, and the faults that were found."""

    def __init__(self, client, known):
        self.client, self.known = client, known
        self.faults = []
        self.names = (f"fresh-{number}@example.com" for number in itertools.count())
        self.name = "ada@example.com"
        self.base = json.dumps({
            "userName": self.name,
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "active": True,
            "emails": [
                {"value": "ada@work.example", "type": "work", "primary": True},
                {"value": "ada@home.example", "type": "home"},
            ],
        })
        self.settle()

    def settle(self):
        """Makes the user who is asked about."""
        made = self.client.send("POST", "/Users", self.base)
        self.id = json.loads(made.body)["id"]
        self.user = self.read()

    def read(self):
        return self.client.send("GET", f"/Users/{self.id}")

    def count(self):
        return json.loads(self.client.send("GET", "/Users?count=0").body)["totalResults"]

    def ask(self, case):
        """Sends it and judges the answer, and what is stored behind it."""
        case = case.about({"id": self.id, "name": self.name, "other": next(self.names)})
        before = self.count() if case.method == "POST" else None
        answer = self.client.send(case.method, case.path, case.body, **case.headers)
        found = list(self.of_answer(answer, case.method))
        if case.method == "POST":
            found += self.of_creation(answer, before)
        elif case.method in ("PUT", "PATCH", "DELETE"):
            found += self.of_change(answer)
        self.faults += [f"{fault}\n    {case}\n    {answer}" for fault in found]

    def ask_bytes(self, sent):
        """The same for bytes, of which some can't be answered."""
        answer = self.client.send_bytes(sent)
        if answer is not NOTHING:
            method = sent.lstrip(b"\r\n").split(b" ")[0].decode("latin-1")
            found = self.of_answer(answer, method)
            self.faults += [f"{fault}\n    {sent[:300]!r}\n    {answer}" for fault in found]

    def of_answer(self, answer, method):
        if not answer.status:
            yield answer.body.decode()
            return
        if answer.status >= 500 and answer.status != 501:
            if answer.status != 503 or "retry-after" not in answer.headers:
                yield f"a fault of the service: {answer.status}"
        if answer.status < 400 or method in UNANSWERED:
            return
        if not answer.headers.get("content-type", "").startswith("application/scim+json"):
            yield "an error that is no SCIM"
            return
        try:
            error = dict(json.loads(answer.body))
        except (TypeError, ValueError):
            yield "an error that is no object"
            return
        if error.get("schemas") != [ERROR]:
            yield "an error without its schema"
        if error.get("status") != str(answer.status):
            yield "an error of another status"
        if not isinstance(error.get("detail"), str) or not error["detail"].strip():
            yield "an error without a sentence"
        if error.get("scimType") not in KEYWORDS:
            yield "an error with a keyword that neither RFC 7644 nor RFC 9865 has"

    def of_creation(self, answer, before):
        after = self.count()
        if answer.status != 201:
            if after != before:
                yield "a user was made although that was refused"
            return
        if after != before + 1:
            yield "no user was made although that was said"
        user = json.loads(answer.body)
        stored = self.client.send("GET", f"/Users/{user['id']}")
        if stored.body != answer.body:
            yield f"another user is stored than was answered: {stored}"
        yield from misfits(user, self.known)
        self.client.send("DELETE", f"/Users/{user['id']}")

    def of_change(self, answer):
        before, self.user = self.user, self.read()
        if self.user.status == 404:
            if answer.status != 204:
                yield "the user is gone although that was not said"
            self.settle()
            return
        if answer.status >= 400 or not answer.status:
            if self.user.body != before.body:
                yield f"stored although it was refused: {self.user}"
            return
        if answer.body and answer.body != self.user.body:
            yield f"another user is stored than was answered: {self.user}"
        user = json.loads(self.user.body)
        wrong = list(misfits(user, self.known))
        yield from wrong
        if wrong or len(self.user.body) > LARGE or user["userName"] != self.name:
            self.client.send("PUT", f"/Users/{self.id}", self.base)
            self.user = self.read()
            if len(self.user.body) > LARGE:
                yield "a user that can't be made small again"
