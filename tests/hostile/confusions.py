"""Every attribute with every value that doesn't fit it, each in a way that chance picks.

Must never know what is answered.
"""

from cases import ONE, Case, patch
from values import VALUES


def whole(attribute, value):
    return Case("PUT", ONE, f'{{"userName":"{{name}}",{attribute.nested(value)}}}')


def made(attribute, value):
    return Case("POST", "/Users", f'{{"userName":"{{other}}",{attribute.nested(value)}}}')


def without_a_path(attribute, value):
    return patch(f'{{"op":"replace","value":{{{attribute.nested(value)}}}}}')


def by_path(attribute, value):
    return patch(f'{{"op":"replace","path":"{attribute.path}","value":{value}}}')


def added(attribute, value):
    return patch(f'{{"op":"Add","path":"{attribute.path}","value":{value}}}')


def removed(attribute, value):
    return patch(f'{{"op":"remove","path":"{attribute.path}","value":{value}}}')


def by_dotted_name(attribute, value):
    return patch(f'{{"op":"replace","value":{{"{attribute.path}":{value}}}}}')


def by_selector(attribute, value):
    if not (attribute.many or (attribute.parent and attribute.parent.many)):
        return by_path(attribute, value)
    listed = attribute.parent or attribute
    part = f".{attribute.names[-1]}" if attribute.parent else ""
    path = f'{listed.path}[type eq \\"work\\"]{part}'
    return patch(f'{{"op":"replace","path":"{path}","value":{value}}}')


def twice(attribute, value):
    """The first operation alone would be fine: all or nothing."""
    fine = '{"op":"replace","path":"title","value":"half of it"}'
    return patch(f'{fine},{{"op":"replace","path":"{attribute.path}","value":{value}}}')


WAYS = [
    whole, made, without_a_path, by_path, added, removed, by_dotted_name, by_selector, twice,
]  # fmt: skip


def confusions(chance, known):
    for attribute in known:
        for value in VALUES:
            yield chance.choice(WAYS)(attribute, value)
