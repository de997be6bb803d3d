"""Runs the pinned AWS emulator with two faults of that version mended; `cargo xtask local` writes and starts this file."""

import json
import os
from http.server import BaseHTTPRequestHandler

# The health endpoint repeats the edition: it proves whose emulator answers on a port, and which settings it started with.
os.environ["MINISTACK_EDITION"] = json.dumps(
    {"folder": os.environ["EMULATOR_FOLDER"], "recipe": os.environ["EMULATOR_RECIPE"], "pid": os.getpid()}
)

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

if __name__ == "__main__":
    from ministack.app import main

    main()
