"""Deletes a file: its record, and its object by the name in its path."""

import os
from urllib.parse import urlparse

import boto3

from response import respond

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
s3 = boto3.client("s3")


def handler(event, context):
    path = event["pathParameters"]
    key = {"todoID": path["todoID"], "fileID": path["fileID"]}
    file = table.get_item(Key=key)["Item"]
    s3.delete_object(Bucket=os.environ["BUCKET_NAME"], Key=urlparse(file["filePath"]).path.lstrip("/"))
    table.delete_item(Key=key)
    return respond(204, {})
