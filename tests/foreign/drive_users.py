"""Drives a running core with what server reflection tells: python drive_users.py ADDRESS TOKEN

Knows no .proto file of ours. Ends with a traceback when something is not as it should be.
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

SERVICE = "provost.identity.v1.UserService"


class Users:
    """UserService as reflection describes it."""

    def __init__(self, channel, pool, token):
        self.channel, self.token = channel, token
        self.methods = pool.FindServiceByName(SERVICE).methods_by_name

    def call(self, name, **fields):
        method = self.methods[name]
        rpc = self.channel.unary_unary(
            f"/{SERVICE}/{name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        request = GetMessageClass(method.input_type)(**fields)
        metadata = [("authorization", f"Bearer {self.token}")] if self.token else []
        return rpc(request, metadata=metadata, timeout=30)

    def refusal(self, name, **fields):
        try:
            answer = self.call(name, **fields)
        except grpc.RpcError as error:
            return error.code(), reason(error)
        raise AssertionError(f"{name} was not refused: {answer}")


def reason(error):
    for detail in rpc_status.from_call(error).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            assert info.domain == "provost", info
            return info.reason
    raise AssertionError(f"no ErrorInfo in {error}")


def main(address, token):
    channel = grpc.insecure_channel(address)
    reflected = ProtoReflectionDescriptorDatabase(channel)
    assert SERVICE in reflected.get_services(), reflected.get_services()
    pool = DescriptorPool(reflected)
    users = Users(channel, pool, token)
    roles = pool.FindEnumTypeByName("provost.identity.v1.Role").values_by_name
    reasons = pool.FindEnumTypeByName("provost.identity.v1.ErrorReason").values_by_name
    for detail in ("ErrorInfo", "BadRequest", "RetryInfo"):
        pool.FindMessageTypeByName(f"google.rpc.{detail}")

    first = users.call("RegisterSignIn", user_name="linus@example.com")
    assert first.created and first.admitted, first
    again = users.call("RegisterSignIn", user_name="LINUS@example.com")
    assert again.admitted and not again.created, again
    user = first.decision.user
    assert again.decision.user.id == user.id

    admin = users.call("SetUserRole", user_id=user.id, role=roles["ROLE_ADMIN"].number)
    assert admin.decision.changed, admin
    assert admin.decision.user.role == roles["ROLE_ADMIN"].number

    refusals = [
        (users.refusal("DeactivateUser", user_id=user.id),
         (grpc.StatusCode.FAILED_PRECONDITION, "LAST_ADMIN")),
        (users.refusal("GetUser", user_id="00000000-0000-7000-8000-000000000000"),
         (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")),
        (Users(channel, pool, "").refusal("GetUser", user_id=user.id),
         (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")),
        (users.refusal("SetUserRole", user_id=user.id, role=77),
         (grpc.StatusCode.INVALID_ARGUMENT, "ROLE_UNKNOWN")),
    ]
    for seen, expected in refusals:
        assert seen == expected, (seen, expected)
        assert f"ERROR_REASON_{seen[1]}" in reasons, "the reason is published"

    users.call("RegisterSignIn", user_name="grace@example.com")
    grace = users.call("LookupUser", user_name="grace@example.com").user
    users.call("SetUserRole", user_id=grace.id, role=roles["ROLE_ADMIN"].number)
    shut = users.call("DeactivateUser", user_id=user.id, note="from Python")
    assert not shut.decision.user.active, shut
    assert shut.decision.user.holds[0].name == "manual"
    assert not users.call("RegisterSignIn", user_name="linus@example.com").admitted
    print("everything holds")


if __name__ == "__main__":
    main(*sys.argv[1:])
