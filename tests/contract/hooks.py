"""What the OpenAPI documents can't tell schemathesis: who is asking, and which cursors there are."""

import os
import socket

import schemathesis
from schemathesis.core.parameters import ParameterLocation

# `*.localhost` is the loopback address (RFC 6761), which not every C library knows.
resolve = socket.getaddrinfo


def resolve_loopback(host, *args, **kwargs):
    return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *args, **kwargs)


socket.getaddrinfo = resolve_loopback

# Path -> the last page's cursor, and the filter that it belongs to.
cursors = {}


def is_valid(case, location):
    component = case.meta.components.get(location)
    return component is None or component.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """Values that are valid by their schemas alone become those of the signed-in user; invalid ones stay."""
    if is_valid(case, ParameterLocation.PATH) and "userID" in case.path_parameters:
        case.path_parameters["userID"] = os.environ["CONTRACT_USER_ID"]
    if is_valid(case, ParameterLocation.QUERY) and "cursor" in case.query:
        cursor, completed = cursors.get(case.formatted_path, (None, None))
        case.query.pop("cursor")
        case.query.pop("completed", None)
        if cursor is not None:
            case.query["cursor"] = cursor
        if completed is not None:
            case.query["completed"] = completed


@schemathesis.hook
def after_call(context, case, response):
    if case.method == "GET" and response.status_code == 200 and "nextCursor" in response.json():
        cursors[case.formatted_path] = (response.json()["nextCursor"], case.query.get("completed"))
