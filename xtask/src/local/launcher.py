"""Runs the pinned AWS emulator with seven faults of that version mended; `cargo xtask local` writes and starts this file."""

import copy
import functools
import hashlib
import json
import os
from collections import deque
from http.server import BaseHTTPRequestHandler

# The health endpoint repeats the edition: it proves whose emulator answers on a port, and which settings it started with.
os.environ["MINISTACK_EDITION"] = json.dumps(
    {"folder": os.environ["EMULATOR_FOLDER"], "recipe": os.environ["EMULATOR_RECIPE"], "pid": os.getpid()}
)

from ministack.services import apigateway, dynamodb, lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

# Fault 1: Nagle's algorithm and delayed acknowledgements cost 40 ms per function call.
BaseHTTPRequestHandler.disable_nagle_algorithm = True


# Fault 2: CloudFormation's CORS keys (`AllowOrigins`) reach the API gateway as they are, which knows only `allowOrigins`.
def with_cors_keys_of_the_service(properties):
    if not isinstance(properties, dict) or not isinstance(properties.get("CorsConfiguration"), dict):
        return properties
    cors = {key[:1].lower() + key[1:]: value for key, value in properties["CorsConfiguration"].items()}
    return {**properties, "CorsConfiguration": cors}


def mend(handler):
    def call(*args, **kwargs):
        named = {name: with_cors_keys_of_the_service(value) for name, value in kwargs.items()}
        return handler(*map(with_cors_keys_of_the_service, args), **named)

    return call


api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
for operation in ("create", "update"):
    api[operation] = mend(api[operation])

# Fault 3: a function's place in a table's stream outlives a restart, but the stream does not: the first records after
# it lie before that place and are never delivered.
STREAMS = ("_stream_records", "_stream_trimmed")
get_state, load_persisted_state = dynamodb.get_state, dynamodb.load_persisted_state


def get_state_with_streams():
    return {**get_state(), **{name: copy.deepcopy(getattr(dynamodb, name)) for name in STREAMS}}


def load_persisted_state_with_streams(data):
    load_persisted_state(data)
    for name in STREAMS:
        getattr(dynamodb, name).update(data.get(name, {}))


dynamodb.get_state, dynamodb.load_persisted_state = get_state_with_streams, load_persisted_state_with_streams

# Fault 4: the gateway's own refusals (401, 403, 404) carry no CORS headers, so that a page sees no status but a failure.
execute = apigateway._handle_execute_in_scope


async def execute_with_cors(api_id, stage, path, method, headers, *args, **kwargs):
    answer = await execute(api_id, stage, path, method, headers, *args, **kwargs)
    gateway = apigateway._apis.get(api_id)
    if not gateway or not isinstance(answer, tuple) or len(answer) != 3 or answer[0] < 400:
        return answer
    status, own, body = answer
    cors = apigateway._cors_response_headers(gateway.get("corsConfiguration") or {}, headers.get("origin", ""))
    return status, {**own, **cors}, body


apigateway._handle_execute_in_scope = execute_with_cors

# Fault 5: a query parses its condition anew for every item of the partition, which is half of the 0.2 s that a page of
# 10,000 items takes. What is cached depends on the condition's text alone.
dynamodb._condition_syntax_error = functools.lru_cache(maxsize=1024)(dynamodb._condition_syntax_error)

# Fault 6: a function has its new code at once, but says so only after half a second.
lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0
schedule_state_transition = lambda_svc._schedule_state_transition


def say_so_at_once(name, delay):
    function = lambda_svc._functions.get(name)
    if function:
        for field in ("StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"):
            function["config"][field] = ""
        function["config"].update(State="Active", LastUpdateStatus="Successful")
    schedule_state_transition(name, delay)


lambda_svc._schedule_state_transition = say_so_at_once


# Fault 7: a zip that several functions share is held, and hashed at each update and each start, once for each of them.
LARGE = 1 << 20
hold, hashed = deque(maxlen=4), deque(maxlen=4)
fetch_code_from_s3 = lambda_svc._fetch_code_from_s3


def fetch_shared_code(*args, **kwargs):
    code = fetch_code_from_s3(*args, **kwargs)
    if code is None:
        return None
    for held in list(hold):
        if held == code:
            return held
    hold.append(code)
    return code


class Hashlib:
    def __getattr__(self, name):
        return getattr(hashlib, name)

    @staticmethod
    def sha256(data=b""):
        if not isinstance(data, bytes) or len(data) < LARGE:
            return hashlib.sha256(data)
        # By identity: bytes do not change.
        for seen, digest in list(hashed):
            if seen is data:
                return digest.copy()
        digest = hashlib.sha256(data)
        hashed.append((data, digest))
        return digest.copy()


lambda_svc._fetch_code_from_s3, lambda_svc.hashlib = fetch_shared_code, Hashlib()

if __name__ == "__main__":
    from ministack.app import main

    main()
