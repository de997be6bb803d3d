"""What of these properties the emulator's handlers do not know even by name: of `{type: [path]}` on stdin, `[type, path]` each on
stdout, and an empty path where it has no handler for the type. A property of the type itself must be named by the handler or what
that calls, one below it by the handler's service at least: such a mapping is often kept as a whole."""

import ast
import inspect
import json
import re
import sys

from ministack.services.cloudformation import provisioners

modules = {}


class Module:
    """A module's functions and constants by name, and every word in it that stands as a text of its own."""

    def __init__(self, module):
        self.module = module
        tree = ast.parse(inspect.getsource(module))
        self.words = words(tree)
        self.nodes = {}
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.nodes[node.name] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self.nodes.update({target.id: node for target in targets if isinstance(target, ast.Name)})


def words(tree):
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    # Texts with blanks are for people.
    return {word.lower() for text in texts if " " not in text for word in re.findall(r"\w+", text)}


def module(of):
    if of.__name__ not in modules:
        modules[of.__name__] = Module(of)
    return modules[of.__name__]


def known(kind):
    """The words of a type's handler with all that it calls, and those of the services that it calls; nothing without a handler."""
    handler = provisioners._RESOURCE_HANDLERS.get(kind)
    if handler is None:
        return None
    own, services, seen = set(), set(), set()
    ahead = [(provisioners, one.__name__) for one in handler.values() if callable(one)]
    while ahead:
        where, name = ahead.pop()
        node = module(where).nodes.get(name)
        if node is None or (where, name) in seen:
            continue
        seen.add((where, name))
        own |= words(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                ahead.append((where, inner.id))
            elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                service = getattr(where, inner.value.id, None)
                if inspect.ismodule(service) and service.__name__.startswith("ministack.services."):
                    ahead.append((service, inner.attr))
                    if where is provisioners:
                        services |= module(service).words
    return own, services


found = set()
for kind, paths in json.load(sys.stdin).items():
    names = known(kind)
    if names is None:
        found.add((kind, ""))
        continue
    own, services = names
    for path in paths:
        first, *_, last = (path + "." + path.rsplit(".", 1)[-1]).split(".")
        if first.lower() not in own:
            found.add((kind, first))
        elif last.lower() not in own | services:
            found.add((kind, path))
print(json.dumps(sorted(found)))
