"""Filters, paths and parameters: grown from the grammar of RFC 7644 section 3.4.2.2, then broken.

Must never know what is answered.
"""

import json
from urllib.parse import quote

from cases import Case, patch

OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "Sw"]
NO_OPERATORS = ["in", "regex", "", "=", "==", "pr eq"]
FITTING = {
    "boolean": ["true", "FALSE", '"True"'],
    "dateTime": ['"2026-11-27T06:00:00Z"', '"2026-11-27T24:00:00.1234567+14:00"'],
}  # fmt: skip
TEXTS = ['"ada@example.com"', '"Work"', '""', '"a\\u0000b"', '"%_\\\\"', '"\u0130\u0131\u00df\u1e9e"', '"x\\n"']
LITERALS = [
    '"ada@example.com"', '"Work"', "'work'", "true", "FALSE", "null", "0", "-1.5e400", "9" * 400,
    '""', '" "', '"a\\u0000b"', r'"\ud800"', r'"\x"', '"%_\\\\"', '"open', "[]", "{}", "work",
    '"2026-11-27T06:00:00Z"', '"2026-11-27T24:00:00.1234567+14:00"', '"-0001-02-30T25:61:61"',
    '"' + "x" * 5000 + '"', "\u201cwork\u201d", '"\u0130\u0131\u00df\u1e9e"',
]  # fmt: skip
STRANGERS = [
    "shoeSize", "emails.unheard", "name.givenName.first", "urn:x:y", "urn:ietf:params:scim:", ".",
    "id", "meta.lastModified", "meta.created", "meta.version", "schemas", "groups.value", "1st",
    "userName.", ".userName", "emails[0]", "emails[", "emails[]", "emails]", "$ref", "members",
    "meta", "password", "externalId", "EMAILS[TYPE EQ \"work\"].VALUE", "active.value", "\u00e4",
]  # fmt: skip
PARTS = [("value", "string"), ("type", "string"), ("primary", "boolean"), ("display", "string")]
FIXED = [
    "", " ", "(", ")", "()", "not", "not (", "not not (title pr)", "and", "title pr and", "or pr",
    "title pr pr", "title pr or or title pr", "title pr)(", "((title pr)", 'title eq "a" "b"',
    "(" * 500 + "title pr" + ")" * 500, "not (" * 500 + "title pr" + ")" * 500,
    " or ".join(["title pr"] * 100), " or ".join(["title pr"] * 101), "title pr" + " " * 9000,
    " and ".join(['emails.value co "a"'] * 20), " and ".join(['emails.value co "a"'] * 21),
    'emails[type eq "work" and emails[value pr]]', 'emails[type eq "work"][value pr]',
    'emails[type eq "work"', 'emails[not (type pr)].value eq "x"', "\0", "title\0pr", "\ufefftitle pr",
    "title\u00a0pr", "title\tpr", "title\npr", "title pr;", "title pr --", "1 eq 1", "true", '"a"',
]  # fmt: skip


def condition(chance, names):
    """A comparison that mostly fits its attribute; names are paths with their types."""
    path, kind = chance.choice(names)
    if chance.random() < 0.2:
        return f"{path} pr"
    path = chance.choice(STRANGERS) if chance.random() < 0.04 else path
    operator = chance.choice(NO_OPERATORS if chance.random() < 0.04 else OPERATORS)
    fitting = TEXTS if chance.random() < 0.9 else LITERALS
    return f"{path} {operator} {chance.choice(FITTING.get(kind, fitting))}"


def grown(chance, names, levels=4):
    """A filter that is mostly as it should be."""
    kind = chance.random() if levels else 0
    if kind < 0.5:
        return condition(chance, names)
    if kind < 0.75:
        joined = chance.choice([" and ", " or ", " AND ", "  or  "])
        return joined.join(grown(chance, names, levels - 1) for _ in range(chance.randint(2, 3)))
    if kind < 0.9:
        return f"{chance.choice(['', 'not ', 'not'])}({grown(chance, names, levels - 1)})"
    return f"{chance.choice(['emails', 'phoneNumbers', 'ims'])}[{grown(chance, PARTS, levels - 1)}]"


def broken(chance, text):
    """The text, one time in three with a few characters taken out, put in or doubled."""
    if chance.random() < 0.67:
        return text
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        text = chance.choice([
            text[:at] + text[at + 1 :],
            text[:at] + chance.choice('()[]".\\ \t\0\u00e9:$%') + text[at:],
            text[:at] + text[max(at - 5, 0) :],
        ])  # fmt: skip
    return text


def listed(chance, filter):
    """A filter as it can be asked."""
    if chance.random() < 0.03:
        return Case("POST", "/Users/.search", json.dumps({"filter": filter}))
    return Case("GET", f"/Users?filter={quote(filter, safe='')}")


def typed(known):
    """Paths that a filter may name, with their types."""
    simple = [(one.path, one.type) for one in known if one.type != "complex"]
    return [*simple, ("meta.lastModified", "dateTime"), ("id", "string")]


def filters(chance, known, number):
    for filter in FIXED + STRANGERS:
        yield listed(chance, filter)
    for one in known:
        for literal in LITERALS[:12]:
            yield listed(chance, f"{one.path} {chance.choice(OPERATORS)} {literal}")
    for _ in range(number):
        yield listed(chance, broken(chance, grown(chance, typed(known))))


def paths(chance, known, number):
    names = [one.path for one in known]
    for path in FIXED + STRANGERS + [f"emails[{filter}].value" for filter in FIXED + STRANGERS]:
        yield at_path(chance, path)
    for _ in range(number):
        many = chance.random() < 0.7
        name = chance.choice(["emails", "addresses", "ims"] if many else names + STRANGERS)
        selector = grown(chance, PARTS, 2)
        part = chance.choice(["", ".value", ".type", ".primary", ".display", ".", ".unheard", "[value pr]"])
        yield at_path(chance, broken(chance, f"{name}[{selector}]{part}"))


def at_path(chance, path):
    kind = chance.choice(["add", "replace", "remove", "Replace"])
    value = chance.choice(['"x"', "true", '{"value":"x"}', '[{"value":"x","type":"home"}]', "null", "7"])
    return patch(f'{{"op":"{kind}","path":{json.dumps(path)},"value":{value}}}')


NUMBERS = ["", "0", "-1", "1", "01", "+1", "1.5", "1e3", "9" * 30, "x", "%00", "%ff", "2147483648", "1,2"]
WORDS = ["", "%00", "%ff", "%", "%zz", ",", "userName", "emails.value", "x" * 9000, "urn:", "*", "id,id"]


def parameters(known):
    for name in ("startIndex", "count"):
        yield from (Case("GET", f"/Users?{name}={number}") for number in NUMBERS)
    for name in ("attributes", "excludedAttributes", "sortBy", "sortOrder", "filter", "cursor", "a"):
        yield from (Case("GET", f"/Users?{name}={word}") for word in WORDS)
        yield from (Case("GET", f"/Users/{{id}}?{name}={word}") for word in WORDS)
    for one in known:
        yield Case("GET", f"/Users?sortBy={one.path}&sortOrder=descending&attributes={one.path}")
    yield Case("GET", "/Users?" + "&".join(["filter=title%20pr"] * 2))
    yield Case("GET", "/Users?" + "&".join(["attributes=title"] * 5000))
