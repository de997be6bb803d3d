"""Functions of one zip in the emulator that the launcher (the argument) has mended: held once, hashed once, and never confused."""

import base64
import hashlib
import io
import json
import os
import runpy
import sys
import zipfile

os.environ.update(EMULATOR_FOLDER="", EMULATOR_RECIPE="")
sha256, hashed = hashlib.sha256, []


def counted(data=b"", **options):
    if len(data) > 1 << 20:
        hashed.append(len(data))
    return sha256(data, **options)


hashlib.sha256 = counted
runpy.run_path(sys.argv[1])

from ministack.services import lambda_svc, s3  # noqa: E402


def zipped(letter):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("bootstrap", letter * (2 << 20))
    return out.getvalue()


stored = {"one": zipped("1"), "other": zipped("2")}
# As from its disk: other bytes at each read.
s3._get_object_data = lambda bucket, key, version_id=None: bytes(bytearray(stored[key]))
lambda_svc._s3_code_region_error = lambda *args: None


def code(name):
    return lambda_svc._functions.get(name)["code_zip"]


def is_true(name, key):
    told = lambda_svc._functions.get(name)["config"]["CodeSha256"]
    return code(name) == stored[key] and told == base64.b64encode(sha256(stored[key]).digest()).decode()


for name, key in [("first", "one"), ("second", "one"), ("third", "other")]:
    request = {"FunctionName": name, "Runtime": "provided.al2023", "Role": "arn:aws:iam::000000000000:role/any"}
    answer = lambda_svc._create_function({**request, "Handler": "any", "Code": {"S3Bucket": "any", "S3Key": key}})
    assert answer[0] == 201, answer
created = {
    "held once": code("first") is code("second"),
    "hashed": len(hashed),
    "true": is_true("first", "one") and is_true("second", "one") and is_true("third", "other"),
}
lambda_svc._update_code("first", {"S3Bucket": "any", "S3Key": "other"})
updated = {
    "held once": code("first") is code("third"),
    "hashed": len(hashed),
    "true": is_true("first", "other") and is_true("second", "one"),
}
print(json.dumps({"created": created, "updated": updated}))
