"""Marks a todo as completed."""

import os

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    path = event["pathParameters"]
    result = table.update_item(
        Key={"userID": path["userID"], "todoID": path["todoID"]},
        UpdateExpression="SET completed = :completed",
        ExpressionAttributeValues={":completed": True},
        ReturnValues="ALL_NEW",
    )
    return respond(200, result["Attributes"])
