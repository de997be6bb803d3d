"""Writes which property of a resource type replaces the resource, out of the linter's copy of CloudFormation's schemas.

replacement.py FILE TEMPLATE...           writes FILE for the types that the templates use
replacement.py --check FILE TEMPLATE...   says whether FILE is that already
"""

import json
import re
import sys
from pathlib import Path

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from cfnlint.version import __version__

REGION = "us-east-1"
KINDS = {
    "always": "createOnlyProperties",
    "conditional": "conditionalCreateOnlyProperties",
}


def paths(schema, kind):
    """`/properties/A/B/*/C` as `A.B.*.C`."""
    found = (path.removeprefix("/properties/").split("/") for path in schema.get(kind, []))
    return sorted(".".join(part for part in path if part != "properties") for path in found)


def main(arguments):
    check = arguments[0] == "--check"
    file, *templates = [Path(argument) for argument in arguments[check:]]
    texts = [template.read_text() for template in templates]
    types = sorted({kind for text in texts for kind in re.findall(r"^ +Type: (AWS::\w+::\w+)$", text, re.M)})
    table = {}
    for name in types:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, name).schema
        table[name] = {ours: paths(schema, theirs) for ours, theirs in KINDS.items() if paths(schema, theirs)}
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
