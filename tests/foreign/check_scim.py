"""Lets scim2-tester check a running server: python check_scim.py BASE_URL TOKEN

Creation, deletion and both promotion switches must be on, and another Admin must be there.
Ends with 1 when a check fails or is skipped and nobody here explained why.
"""

import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
PATCHES = ("check_add_attribute", "check_replace_attribute")
OWN_EXTENSION = "urn:ietf:params:scim:schemas:extension:provost:2.0:User"

# Why a check does not apply: its title, what it is about, and our explanation.
NOT_APPLICABLE = [
    ("check_remove_attribute", "active",
     "an account always has a status; removing `active` is no wish to shut it"),
    ("check_remove_attribute", "userType",
     "an account always has a role, and `userType` always tells the one in force"),
    *((title, OWN_EXTENSION,
       "its only attribute is never returned, so a written extension is not read back")
      for title in PATCHES),
    *((title, "members",
       "`display` of a member is read-only and told by the service, which the check takes for another value")
      for title in PATCHES),
]


def main(base_url: str, token: str) -> int:
    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
    results = check_server(SyncSCIMClient(http))
    explained, problems = set(), []
    for result in results:
        print(f"{result.status.name:<10} {result.resource_type or '-':<6} {result.title}: {result.reason}")
        if result.status in GOOD:
            continue
        explanation = explain(result)
        if explanation is None:
            problems.append(result)
        else:
            explained.add(explanation)
            print(f"           does not apply: {explanation}")
    stale = {why for *_, why in NOT_APPLICABLE} - explained
    print(f"\n{len(results)} checks, {len(problems)} problems")
    for problem in problems:
        print(f"{problem}\n    {problem.data}")
    for why in stale:
        print(f"explained, but nothing to explain any more: {why}")
    checked = {"User", "Group"} <= {result.resource_type for result in results}
    return 0 if checked and not problems and not stale else 1


def explain(result) -> str | None:
    data = result.data if isinstance(result.data, dict) else {}
    about = data.get("urn")
    for title, subject, why in NOT_APPLICABLE:
        if result.title == title and about == subject:
            return why
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
