"""Lists the files of a todo."""

import os

import boto3
from boto3.dynamodb.conditions import Key

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    todo = event["pathParameters"]["todoID"]
    files = table.query(KeyConditionExpression=Key("todoID").eq(todo))["Items"]
    return respond(200, {"files": files})
