"""Lists a user's todos: one query, filtered and sorted in memory."""

import os

import boto3
from boto3.dynamodb.conditions import Key

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    user = event["pathParameters"]["userID"]
    search = (event.get("queryStringParameters") or {}).get("search")
    todos = table.query(KeyConditionExpression=Key("userID").eq(user))["Items"]
    if search:
        todos = [todo for todo in todos if search.lower() in todo["title"].lower()]
    todos.sort(key=lambda todo: todo["dateCreated"], reverse=True)
    todos.sort(key=lambda todo: (todo["completed"], todo["dateDue"]))
    return respond(200, {"todos": todos})
