"""Reads one todo."""

import os

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    path = event["pathParameters"]
    item = table.get_item(Key={"userID": path["userID"], "todoID": path["todoID"]})["Item"]
    return respond(200, item)
