"""Replaces the notes of a todo."""

import json
import os

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    path = event["pathParameters"]
    result = table.update_item(
        Key={"userID": path["userID"], "todoID": path["todoID"]},
        UpdateExpression="SET notes = :notes",
        ExpressionAttributeValues={":notes": json.loads(event["body"])["notes"]},
        ReturnValues="ALL_NEW",
    )
    return respond(200, result["Attributes"])
