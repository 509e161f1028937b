"""Values that don't fit, as JSON texts, so that also those can be sent that Python would not write.

Must never know an attribute.
"""

import json

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def deep(levels, opening="[", closing="]"):
    return opening * levels + closing * levels


TEXTS = [
    "", " ", "\t\r\n", "\u00a0\u3000", "true", "FALSE", "null", "0", "Admin", "-1e9", "\0", "a\0b",
    "\x1b[2J", "\u202eevil", "\u200b", "\ufeff", "\uffff", "e\u0301\u0327", "\U0001f600" * 30,
    "'work'", '"', "\\", "\\u0000", "${user.x}", "{{x}}", "'; DROP TABLE users; --", "%_%",
    "../../etc/passwd", "=cmd|' /C calc'!A0", "2026-02-30T25:61:00Z", "x" * 4096, "x" * 4097,
    "\u00df" * 2049, "x" * 70_000,
]  # fmt: skip

OBJECTS = [
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**64, -(2**63) - 1, 1e308,
    [], {}, [None], [[]], [{}], [[["x"]]], [1, "a", None, True, {}], ["a", "a"], {"": ""},
    {"value": None}, {"value": ""}, {"value": {}}, {"value": []}, {"value": {"value": "x"}},
    {"value": "a", "VALUE": "b"}, {"value": 7}, {"value": True, "primary": "true"},
    {"value": "x", "primary": "perhaps"}, {"value": "x", "type": ["work"]}, {"primary": True},
    {"type": "work"}, {"$ref": 1}, {"unheard": "of"}, {"value": "x", "unheard": {"of": []}},
    [{"value": "a", "primary": True}, {"value": "b", "primary": True}],
    [{"value": f"{number}"} for number in range(100)],
    [{"value": f"{number}"} for number in range(101)],
    [{"value": "x" * 4000, "display": f"{number}" * 1000} for number in range(20)],
]  # fmt: skip

VALUES = [json.dumps(value) for value in TEXTS + OBJECTS] + [
    "1e400", "-0", "0.1e-400", "1" * 400, r'"\ud800"', r'"\udc00\ud800"', '{"value":1,"value":"x"}',
    deep(60), deep(200), deep(60, '{"value":', "}").replace(":}", ":1}", 1),
]  # fmt: skip
