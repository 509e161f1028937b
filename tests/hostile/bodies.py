"""Bodies that are no JSON, no user, no PATCH and no bulk request.

Must never know what is answered.
"""

import json

from cases import ONE, Case, patch
from values import PATCH, VALUES, deep

USER = '{"userName":"{name}","title":"x","emails":[{"value":"a@b.example","type":"work"}]}'
OPERATION = '{"op":"replace","path":"title","value":"x"}'
CHANGE = '{"schemas":["' + PATCH + '"],"Operations":[' + OPERATION + "]}"

NO_JSON = [
    b"", b" ", b"{", b"}", b"[", b"nul", b"{]", b'{"a"}', b'{"a":}', b"{'a':1}", b'{"a":1,}', b"{,}",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":"\x01"}',
    b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\x80"}', b'{"a":"\\u12"}', b'{"a":"\\q"}',
    b'{"a":1}{"a":2}', b'{"a":1} x', b"// {}\n{}", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf\xef\xbb\xbf{}",
    '{"userName":"x"}'.encode("utf-16"), '{"userName":"x"}'.encode("utf-16-le"), b"\0" * 100,
    b"<Envelope/>", b"userName=x", b"null", b"true", b"7", b'"text"', b"[]", b"[{}]", b"{}",
    deep(20_000).encode(), b'{"a":' * 20_000, b'{"title":"' + b"x" * 1_100_000, b'{"a":1' + b"0" * 9000 + b"}",
    b"{" + b'"a":1,' * 50_000 + b'"b":1}',
]  # fmt: skip

MEMBERS = [
    "", '"Operations":null', '"Operations":{}', '"Operations":[]', '"Operations":[[]]', '"Operations":"x"',
    '"Operations":[null]', '"Operations":[7]', '"Operations":[{}]', '"Operations":[{"op":7}]',
    '"Operations":[{"op":"move","path":"title"}]', '"Operations":[{"op":"add"}]',
    '"Operations":[{"op":"add","path":7,"value":1}]', '"Operations":[{"op":"add","path":["title"],"value":1}]',
    '"Operations":[{"op":"add","path":null,"value":"x"}]', '"Operations":[{"op":"remove"}]',
    '"Operations":[{"op":"replace","value":"x"}]', '"Operations":[{"op":"replace","value":[]}]',
    '"Operations":[{"op":"replace","value":[{"title":"x"}]}]', '"operations":[' + OPERATION + "]",
    '"Operations":[' + OPERATION + '],"Operations":[]', '"schemas":7,"Operations":[' + OPERATION + "]",
    '"schemas":[],"Operations":[' + OPERATION + "]", '"schemas":["urn:x"],"Operations":[' + OPERATION + "]",
    '"Operations":[' + ",".join([OPERATION] * 1001) + "]",
    '"Operations":[{"op":"replace","op":"remove","path":"title","path":"emails","value":"x"}]',
]  # fmt: skip

TYPES = [
    "", "text/plain", "application/json", "application/xml", "application/scim+json; charset=utf-16",
    "application/json;", "APPLICATION/JSON", "json", "application/scim+json, text/html", "\x80",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
]  # fmt: skip
CODINGS = ["gzip", "identity", "br, gzip", "", "x", "identity, identity"]
VERSIONS = [
    "*", "", "x", '""', '"1"', 'W/"1"', 'w/"1"', '"1', '"1","2"', "1", 'W/""', '"*"', "*, *", ",",
    '"99999999999999999999999999"', '"-1"', "W/*", '"1" "2"', '"' + "1" * 5000 + '"',
]  # fmt: skip


def bodies(chance, number):
    for method, path in (("POST", "/Users"), ("PUT", ONE), ("PATCH", ONE)):
        yield from (Case(method, path, body) for body in NO_JSON)
        yield from (Case(method, path, value) for value in VALUES)
        yield Case(method, path)
    for members in MEMBERS:
        yield Case("PATCH", ONE, f"{{{members}}}")
    for value in VALUES:
        yield patch(f'{{"op":"replace","value":{value}}}')
        yield patch(f'{{"op":{value},"path":"title","value":"x"}}')
        yield patch(f'{{"op":"add","path":{value},"value":"x"}}')
        yield patch(value)
        yield Case("PATCH", ONE, f'{{"schemas":{value},"Operations":[{OPERATION}]}}')
        yield Case("PATCH", ONE, f'{{"schemas":["{PATCH}"],"Operations":{value}}}')
        yield Case("PUT", ONE, f'{{"schemas":{value},"userName":"{{name}}"}}')
        yield Case("POST", "/Users", f'{{"userName":"{{other}}","id":{value},"meta":{value}}}')
    for _ in range(number):
        text = bytearray(chance.choice([USER, CHANGE]).encode())
        method = "PATCH" if b"Operations" in text else "PUT"
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 2))
        yield Case(method, ONE, bytes(text))


def bulks():
    """None of them makes anything."""
    operation = {"method": "PUT", "path": "/Users/nobody", "bulkId": "x", "version": "*", "data": {"userName": "x"}}
    yield from (Case("POST", "/Bulk", body) for body in NO_JSON)
    for value in VALUES:
        yield Case("POST", "/Bulk", f'{{"Operations":{value}}}')
        yield Case("POST", "/Bulk", f'{{"Operations":[{value}]}}')
        yield Case("POST", "/Bulk", f'{{"failOnErrors":{value},"Operations":[]}}')
        for member in operation:
            rest = json.dumps({name: told for name, told in operation.items() if name != member})
            yield Case("POST", "/Bulk", f'{{"Operations":[{{"{member}":{value},{rest[1:]}]}}')


def headers():
    for kind in TYPES:
        for method, path, body in (("PUT", ONE, USER), ("PATCH", ONE, CHANGE)):
            yield Case(method, path, body, {"Content-Type": kind})
    for coding in CODINGS:
        yield Case("PATCH", ONE, CHANGE, {"Content-Encoding": coding})
    for method, body in (("GET", None), ("PUT", USER), ("PATCH", CHANGE)):
        for version in VERSIONS:
            yield Case(method, ONE, body, {"If-Match": version})
            yield Case(method, ONE, body, {"If-None-Match": version})


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"]
PLACES = [
    "", "/", "//", "/Users/", "/users", "/Users/x", "/Users/%00", "/Users/%ff", "/Users/..", "/Users/{id}/x",
    "/Users/" + "x" * 5000, "/Users/00000000-0000-0000-0000-000000000000", "/Groups", "/Groups/x", "/Bulk",
    "/Me", "/.search", "/Schemas", "/Schemas/x", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    "/ResourceTypes", "/ResourceTypes/x", "/ServiceProviderConfig", "/ServiceProviderConfig/x", "/Unheard",
    "/Schemas?filter=id+pr", "/ResourceTypes?filter=x", "/../../c/x/auth/scim/v2/Users", "/%55sers",
]  # fmt: skip


def places():
    for place in PLACES:
        for method in METHODS:
            body = None if method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE") else "{}"
            yield Case(method, place, body)
