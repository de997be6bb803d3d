"""Records a file that the browser uploads by itself."""

import json
import os
import uuid

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    todo = event["pathParameters"]["todoID"]
    body = json.loads(event["body"])
    name = body["fileName"]
    file = {
        "todoID": todo,
        "fileID": str(uuid.uuid4()),
        "fileName": name,
        "filePath": f"{os.environ['CDN_URL']}/{todo}/{name}",
    }
    table.put_item(Item=file)
    return respond(201, file)
