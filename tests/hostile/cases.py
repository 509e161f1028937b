"""A request in the making, with holes for the user that it is about."""

from typing import NamedTuple

from values import PATCH

ONE = "/Users/{id}"


class Case(NamedTuple):
    """In path and body `{id}` and `{name}` stand for the user, `{other}` for a fresh user name."""

    method: str
    path: str
    body: str | bytes | None = None
    headers: dict = {}

    def about(self, holes):
        def filled(text):
            for hole, value in holes.items():
                text = text.replace("{" + hole + "}", value)
            return text

        body = filled(self.body) if isinstance(self.body, str) else self.body
        return self._replace(path=filled(self.path), body=body)

    def __str__(self):
        body = "" if self.body is None else f" {self.body[:600]!r}"
        return f"{self.method} {self.path[:600]}{self.headers or ''}{body}"


def patch(written):
    """A PATCH of operations that are written already."""
    return Case("PATCH", ONE, f'{{"schemas":["{PATCH}"],"Operations":[{written}]}}')
