"""Writes which actions CloudFormation's handlers of a resource type call, out of the linter's copy of its schemas.

handlers.py FILE TEMPLATE...           writes FILE for the types that the templates use
handlers.py --check FILE TEMPLATE...   says whether FILE is that already
"""

import json
import re
import sys
from pathlib import Path

from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from cfnlint.version import __version__

REGION = "us-east-1"
# A stack calls no handler that lists.
HANDLERS = ["create", "delete", "read", "update"]


# By service, in lower case. The schemas also name calls of APIs that are no actions of IAM.
KNOWN = load_resource(AdditionalSpecs, "Policies.json")


def known(action):
    service, verb = action.lower().split(":", 1)
    return verb in KNOWN.get(service, {}).get("Actions", {})


def actions(name):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, name).schema
    handlers = schema.get("handlers") or sys.exit(f"the schema of {name} names no actions: they must be known otherwise")
    return sorted({action for one in HANDLERS for action in handlers.get(one, {}).get("permissions", []) if known(action)})


def main(arguments):
    check = arguments[0] == "--check"
    file, *templates = [Path(argument) for argument in arguments[check:]]
    texts = [template.read_text() for template in templates]
    types = sorted({kind for text in texts for kind in re.findall(r"^ +Type: (AWS::\w+::\w+)$", text, re.M)})
    table = {name: actions(name) for name in types}
    wanted = json.dumps({"source": f"cfn-lint {__version__}", "types": table}, indent=1) + "\n"
    if not check:
        file.write_text(wanted)
        return 0
    if types and file.read_text() == wanted:
        return 0
    command = " ".join([sys.executable, sys.argv[0], str(file), *map(str, templates)])
    print(f"{file} is not what the templates and the linter's schemas give: run\n{command}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
