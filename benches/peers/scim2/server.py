"""scim2-server over its memory, served by waitress: `python server.py USERS.jsonl`."""

import json
import sys

import waitress
from scim2_models import EnterpriseUser, Meta, ResourceType, ScimProvider, User
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.memory import InMemoryStorage, utcnow
from scim2_server.utils import load_default_service_provider_config

FullUser = User[EnterpriseUser]


def read(storage, line):
    user = json.loads(line)
    for read_only in ("meta", "groups"):
        del user[read_only]
    resource = FullUser.model_validate(user)
    now = utcnow()
    resource.meta = Meta(
        resource_type="User", created=now, last_modified=now, version=storage.next_version()
    )
    return resource


class Application(WSGIApplication):
    """Asks for a token, as the others do."""

    def check_auth(self, request):
        if not (request.header("Authorization") or "").startswith("Bearer "):
            raise PermissionError


def main():
    storage = InMemoryStorage()
    with open(sys.argv[1]) as file:
        storage.resources = [read(storage, line) for line in file]
    provider = ScimProvider(
        models=[User, EnterpriseUser],
        resource_types=[ResourceType.from_resource(FullUser)],
        config=load_default_service_provider_config(),
    )
    application = Application(storage, provider)
    server = waitress.create_server(application, listen="127.0.0.1:0", threads=4)
    print(f"listening on 127.0.0.1:{server.effective_port}", flush=True)
    server.run()


main()
