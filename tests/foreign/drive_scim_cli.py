"""Drives a running server by the commands of scim2-cli, as an admin types them:
python drive_scim_cli.py BASE_URL TOKEN

The commands know users and groups from what the server says of them. Creation and deletion must be on.
Ends with a traceback when something is not as it should be.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path


class Commands:
    """`scim2` with the address of a server and a token."""

    def __init__(self, base_url: str, token: str):
        self.program = Path(sys.executable).parent / "scim2"
        self.environment = {
            **os.environ,
            "SCIM_CLI_URL": base_url,
            "SCIM_CLI_HEADERS": f"Authorization: Bearer {token}",
        }

    def run(self, *arguments: str, stdin: dict | None = None):
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            input=json.dumps(stdin) if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
        )

    def answer(self, *arguments: str, stdin: dict | None = None):
        """What a command prints that goes well."""
        print("$ scim2", *arguments)
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refusal(self, *arguments: str, stdin: dict | None = None) -> str:
        """What a command complains of that is refused."""
        print("$ scim2", *arguments)
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode != 0, (arguments, done.stdout)
        return done.stdout + done.stderr


def main(base_url: str, token: str) -> None:
    scim = Commands(base_url, token)
    emails = [{"value": "grace@example.com", "type": "work", "primary": True}]
    name = {"givenName": "Grace", "familyName": "Fisher"}
    grace = scim.answer(
        "create", "user", "--user-name", "grace@example.com", "--name", json.dumps(name),
        "--emails", json.dumps(emails),
    )
    assert grace["userName"] == "grace@example.com" and grace["emails"][0]["primary"], grace
    linus = scim.answer("create", "user", "--user-name", "linus@example.com")
    refused = scim.refusal("create", "user", "--user-name", "GRACE@example.com")
    assert "uniqueness" in refused and status(refused) == 409, refused

    read = scim.answer("query", "user", grace["id"], "--attribute", "name")
    assert read["name"]["familyName"] == "Fisher" and "emails" not in read, read
    found = scim.answer("query", "user", "--filter", 'name.givenName sw "gr"', "--count", "5")
    assert [user["id"] for user in found["Resources"]] == [grace["id"]], found
    asked = {"filter": 'userName ew "example.com"', "sortBy": "userName", "sortOrder": "descending"}
    ordered = scim.answer("search", "user", stdin=asked)
    names = [user["userName"] for user in ordered["Resources"]]
    assert names == sorted(names, reverse=True) and len(names) >= 2, names
    everything = scim.answer("search", stdin={"filter": "userName pr", "count": 2})
    assert everything["totalResults"] >= 2, everything
    page = scim.answer("query", "user", "--cursor", "", "--count", "1", "--sort-by", "userName")
    rest = scim.answer(
        "query", "user", "--cursor", page["nextCursor"], "--count", "1", "--sort-by", "userName"
    )
    assert page["Resources"][0]["id"] != rest["Resources"][0]["id"], (page, rest)
    refused = scim.refusal("query", "user", "--filter", "userName is grace")
    assert "invalidFilter" in refused, refused

    changed = scim.answer(
        "modify", "user", grace["id"], "replace", "title", "Admiral",
        "add", "emails", '[{"value": "grace@home.example", "type": "home"}]',
        "replace", 'emails[type eq "work"].value', "admiral@example.com",
    )
    assert changed["title"] == "Admiral" and len(changed["emails"]) == 2, changed
    cleared = scim.answer("modify", "user", grace["id"], "remove", 'emails[type eq "home"]')
    assert [email["value"] for email in cleared["emails"]] == ["admiral@example.com"], cleared
    replaced = scim.answer("replace", "user", stdin={**strip(cleared), "displayName": "Grace F."})
    assert replaced["displayName"] == "Grace F." and replaced["title"] == "Admiral", replaced

    members = [{"value": grace["id"]}]
    crew = scim.answer(
        "create", "group", "--display-name", "Crew", "--members", json.dumps(members)
    )
    scim.answer("modify", "group", crew["id"], "add", "members", json.dumps([{"value": linus["id"]}]))
    crew = scim.answer("query", "group", crew["id"])
    assert {member["value"] for member in crew["members"]} == {grace["id"], linus["id"]}, crew
    scim.answer("modify", "group", crew["id"], "remove", f'members[value eq "{grace["id"]}"]')
    crew = scim.answer("query", "group", "--filter", f'members.value eq "{linus["id"]}"')
    assert crew["totalResults"] == 1 and len(crew["Resources"][0]["members"]) == 1, crew

    scim.answer("delete", "group", crew["Resources"][0]["id"])
    posts = [
        {"method": "POST", "path": "/Groups", "bulkId": "crew",
         "data": {"displayName": "Crew", "members": [{"value": "bulkId:ada"}]}},
        {"method": "POST", "path": "/Users", "bulkId": "ada", "data": {"userName": "ada@example.com"}},
    ]
    done = scim.answer("bulk", stdin=bulk(posts))["Operations"]
    assert [operation["status"] for operation in done] == ["201", "201"], done
    crew, ada = (operation["location"].rpartition("/")[2] for operation in done)
    ada = scim.answer("query", "user", ada)
    assert [group["value"] for group in ada["groups"]] == [crew], ada
    refused = scim.refusal("bulk", stdin=bulk([{"method": "DELETE", "path": f"/Groups/{grace['id']}"}]))
    assert "1 of 1 bulk operations failed" in refused, refused
    scim.answer("delete", "group", crew)

    for user in (grace, linus, ada):
        scim.answer("delete", "user", user["id"])
        refused = scim.refusal("query", "user", user["id"])
        assert status(refused) == 404, refused
    print("everything holds")


def status(refused: str) -> int | None:
    """The status in the SCIM error that a command complains of, which stands in front of its sentence."""
    told = re.search(r"^Error: (\d{3}) ", refused, re.MULTILINE)
    return int(told[1]) if told else None


def bulk(operations: list[dict]) -> dict:
    schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    return {"schemas": [schema], "Operations": operations}


def strip(resource: dict) -> dict:
    """What a client sends back of what it has read."""
    return {name: value for name, value in resource.items() if name != "meta"}


if __name__ == "__main__":
    main(*sys.argv[1:])
