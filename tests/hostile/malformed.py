"""Requests that are no HTTP, or only just: as bytes, because no client would send them.

Must never know what is answered.
"""


def requests(service, chance, number):
    """Whole connections of bytes."""
    path, token = service.path, "Authorization: Bearer {token}\r\n"
    host = f"Host: {service.address[0]}\r\n"
    end = "Connection: close\r\n\r\n"
    users = f"{path}/Users"

    def get(target=users, version="HTTP/1.1", lines=host + token):
        return f"GET {target} {version}\r\n{lines}{end}"

    def post(lines, body=""):
        return f"POST {users} HTTP/1.1\r\n{host}{token}{lines}\r\n{body}"

    json = "Content-Type: application/scim+json\r\n"
    texts = [
        get(), get(version="HTTP/1.0"), get(version="HTTP/1.0", lines=token), get(version="HTTP/3.0"),
        get(version="HTTP/1.1 "), get(version="http/1.1"), get(version=""), get(lines=token),
        get(lines=host + host + token), get(lines="Host: \r\n" + token), get(lines="Host: a b\r\n" + token),
        get(lines="Host: [::1\r\n" + token), get(lines="Host: x:99999\r\n" + token),
        get(lines="Host: x.\r\n" + token), get(lines=host + token + token),
        get(lines=host + "Authorization: Bearer wrong\r\n" + token), get(lines=host + "Authorization:\r\n"),
        get(lines=host + "Authorization: Bearer\r\n"), get(lines=host + "Authorization: Basic eDp5\r\n"),
        get(lines=host + "Authorization: Bearer \x80\xff\r\n"), get(lines=host + "A" * 5000 + ": x\r\n" + token),
        get(lines=host + "X: " + "y" * 200_000 + "\r\n" + token), get(lines=host + token + "X: y\r\n" * 300),
        get(lines=host + token + "No colon\r\n"), get(lines=host + token + "Sp ace: x\r\n"),
        get(lines=host + token + " folded: x\r\n"), get(lines=host + token + "X: a\0b\r\n"),
        get(lines=host + token + "X: a\rb\r\n"), get(lines=host + token + ": x\r\n"),
        get(lines=host + token + "Expect: 100-continue\r\n"), get(lines=host + token + "Expect: tea\r\n"),
        get(lines=host + token + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
        get(target="*"), get(target=""), get(target="x"), get(target=users + " x"), get(target=users + "?a#b"),
        get(target=users + "\x80"), get(target=users + "?" + "x" * 70_000), get(target="/" * 60_000),
        get(target="http://elsewhere.example" + users), get(target="http://" + users), get(target="://"),
        get(target=users + "/%"), get(target=users + "/%0d%0aX:y"), get(target="/\\..\\"),
        get().replace("GET", "G\0T"), get().replace("GET", ""), get().replace("GET", "CONNECT"),
        get().replace("GET", "X" * 3000), get().replace("\r\n", "\n"), get().replace("\r\n", "\r"), "\r\n" * 50 + get(),
        post(json + "Content-Length: 2\r\n" + end[:-2], "{}"),
        post(json + "Content-Length: -1\r\n" + end[:-2], "{}"), post(json + "Content-Length: x\r\n", "{}"),
        post(json + "Content-Length: 2\r\nContent-Length: 3\r\n", "{}x"),
        post(json + "Content-Length: 2, 2\r\n" + end[:-2], "{}"), post(json + "Content-Length: 99\r\n", "{}"),
        post(json + "Content-Length: 18446744073709551616\r\n", "{}"), post(json + "Content-Length: +2\r\n", "{}"),
        post(json + "Content-Length: 2000000\r\n", "{}"), post(json + "Content-Length: 0x2\r\n", "{}"),
        post(json + "Transfer-Encoding: chunked\r\n" + end[:-2], "2\r\n{}\r\n0\r\n\r\n"),
        post(json + "Transfer-Encoding: chunked\r\n", "x\r\n{}\r\n0\r\n\r\n"),
        post(json + "Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n{}"),
        post(json + "Transfer-Encoding: chunked\r\n", "2\r\n{}"), post(json + "Transfer-Encoding: chunked\r\n", "-1\r\n"),
        post(json + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        post(json + "Transfer-Encoding: gzip\r\n", "{}"), post(json + "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post(json + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "{}"),
        post(json + "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), post(json, "{}"),
        post(json + "Transfer-Encoding: chunked\r\nTrailer: X\r\n", "2\r\n{}\r\n0\r\nX: " + "y" * 90_000 + "\r\n\r\n"),
        "GET", "GET /", "\r\n", "\0" * 1000, "GET / HTTP/1.1", "hello\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\xff" * 500,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x04\x01\x24\0\0\0\x01\xff\xff\xff\xff",
        "\xff" * 5000,
    ]  # fmt: skip
    sent = [text.encode("latin-1") for text in texts]
    whole = get().encode(), post(json + "Content-Length: 2\r\n" + end[:-2], "{}").encode()
    for _ in range(number):
        broken = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
        sent.append(bytes(broken))
    # At last, because the token would be what is broken most.
    yield from (one.replace(b"{token}", service.token.encode()) for one in sent)
