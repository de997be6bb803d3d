"""Adds a todo."""

import json
import os
import uuid
from datetime import datetime, timezone

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    body = json.loads(event["body"])
    todo = {
        "userID": event["pathParameters"]["userID"],
        "todoID": str(uuid.uuid4()),
        "title": body["title"],
        "description": body.get("description", ""),
        "notes": "",
        "dateDue": body.get("dateDue", ""),
        "dateCreated": datetime.now(timezone.utc).isoformat(),
        "completed": False,
    }
    table.put_item(Item=todo)
    return respond(201, todo)
