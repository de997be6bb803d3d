"""The answer of every handler: JSON with the headers that a browser on the site's origin wants."""

import json

HEADERS = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Content-Type,Authorization",
    "Access-Control-Allow-Methods": "GET,POST,DELETE,OPTIONS",
}


def respond(status, body):
    return {"statusCode": status, "headers": HEADERS, "body": json.dumps(body, default=str)}
