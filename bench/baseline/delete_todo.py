"""Deletes a todo."""

import os

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    path = event["pathParameters"]
    table.delete_item(Key={"userID": path["userID"], "todoID": path["todoID"]})
    return respond(204, {})
