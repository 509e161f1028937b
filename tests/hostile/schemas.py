"""The attributes that the service advertises, and whether a user fits them.

Must never know how a user came to be as it is.
"""

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
COMMON = {"schemas", "id", "externalId", "meta"}


class Attribute:
    """An attribute or sub-attribute: where it lies, and what it takes."""

    def __init__(self, urn, names, described, parent=None):
        self.urn, self.names, self.described, self.parent = urn, names, described, parent
        self.type, self.many = described["type"], described["multiValued"]

    @property
    def path(self):
        prefix = "" if self.urn == CORE else f"{self.urn}:"
        return prefix + ".".join(self.names)

    def nested(self, value):
        """The members of a user that give it this value, as JSON text."""
        if self.parent and self.parent.many:
            value = f'[{{"value":"x","{self.names[-1]}":{value}}}]'
        elif self.parent:
            value = f'{{"{self.names[-1]}":{value}}}'
        member = f'"{self.names[0]}":{value}'
        return member if self.urn == CORE else f'"{self.urn}":{{{member}}}'


def attributes(listed):
    """Every attribute of users in an answer of /Schemas, and `externalId`, which is in none."""
    named = {"name": "externalId", "type": "string", "multiValued": False}
    found = [Attribute(CORE, ["externalId"], named)]
    for schema in listed["Resources"]:
        for described in schema["attributes"]:
            whole = Attribute(schema["id"], [described["name"]], described)
            found.append(whole)
            for part in described.get("subAttributes", ()):
                names = [described["name"], part["name"]]
                found.append(Attribute(schema["id"], names, part, whole))
    return found


def misfits(user, known):
    """What in a resource is not as the schemas say."""
    whole = {(one.urn, one.names[0]): one for one in known if not one.parent}
    for name, value in user.items():
        if name in COMMON - {"externalId"}:
            continue
        if isinstance(value, dict) and ":" in name:
            members = [(name, part, inner) for part, inner in value.items()]
        else:
            members = [(CORE, name, value)]
        for urn, part, inner in members:
            attribute = whole.get((urn, part))
            if attribute is None:
                yield f"{part} is in no schema"
            else:
                yield from _misfit(attribute.described, inner)


def _misfit(described, value):
    name = described["name"]
    if described["multiValued"]:
        if not isinstance(value, list) or not value:
            yield f"{name} is no list, or an empty one: {value!r}"
            return
        if sum(one.get("primary") is True for one in value if isinstance(one, dict)) > 1:
            yield f"{name} has more than one primary element"
        for element in value:
            yield from _misfit(described | {"multiValued": False}, element)
            if isinstance(element, dict) and not element.keys() - {"type", "primary"}:
                yield f"{name} has an element that says nothing: {element!r}"
        return
    fits = {
        "boolean": lambda: isinstance(value, bool),
        "complex": lambda: isinstance(value, dict) and value,
        "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
        "decimal": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
    }
    text = lambda: isinstance(value, str) and value.strip()  # noqa: E731
    if not fits.get(described["type"], text)():
        yield f"{name} is {value!r}, which is no {described['type']}"
    elif described["type"] == "complex":
        parts = {part["name"]: part for part in described.get("subAttributes", ())}
        for part, inner in value.items():
            if part in parts:
                yield from _misfit(parts[part], inner)
            else:
                yield f"{name}.{part} is in no schema"
