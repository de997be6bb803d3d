"""Writes what the deployer knows of resource types, out of the linter's copy of CloudFormation's schemas.

schemas.py TABLE FILE TEMPLATE...           writes FILE for the types that the templates use
schemas.py TABLE --check FILE TEMPLATE...   says whether FILE is that already

TABLE: `replacement`, which property of a type replaces the resource; `handlers`, which actions CloudFormation's handlers of
a type call.
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
KINDS = {
    "always": "createOnlyProperties",
    "conditional": "conditionalCreateOnlyProperties",
}
# A stack calls no handler that lists.
HANDLERS = ["create", "delete", "read", "update"]
# By service, in lower case. The schemas also name calls of APIs that are no actions of IAM.
KNOWN = load_resource(AdditionalSpecs, "Policies.json")


def paths(schema, kind):
    """`/properties/A/B/*/C` as `A.B.*.C`."""
    found = (path.removeprefix("/properties/").split("/") for path in schema.get(kind, []))
    return sorted(".".join(part for part in path if part != "properties") for path in found)


def replacement(_name, schema):
    return {ours: paths(schema, theirs) for ours, theirs in KINDS.items() if paths(schema, theirs)}


def known(action):
    service, verb = action.lower().split(":", 1)
    return verb in KNOWN.get(service, {}).get("Actions", {})


def handlers(name, schema):
    found = schema.get("handlers") or sys.exit(f"the schema of {name} names no actions: they must be known otherwise")
    return sorted({action for one in HANDLERS for action in found.get(one, {}).get("permissions", []) if known(action)})


TABLES = {"replacement": replacement, "handlers": handlers}


def main(arguments):
    name, *arguments = arguments
    check = arguments[0] == "--check"
    file, *templates = [Path(argument) for argument in arguments[check:]]
    texts = [template.read_text() for template in templates]
    types = sorted({kind for text in texts for kind in re.findall(r"^ +Type: (AWS::\w+::\w+)$", text, re.M)})
    schemas = {kind: PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema for kind in types}
    table = {kind: TABLES[name](kind, schema) for kind, schema in schemas.items()}
    wanted = json.dumps({"source": f"cfn-lint {__version__}", "types": table}, indent=1) + "\n"
    if not check:
        file.write_text(wanted)
        return 0
    if types and file.read_text() == wanted:
        return 0
    command = " ".join([sys.executable, sys.argv[0], name, str(file), *map(str, templates)])
    print(f"{file} is not what the templates and the linter's schemas give: run\n{command}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
