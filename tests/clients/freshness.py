"""Compares the catalog with the installed official SDK: routes, parameters, words and fields of replies.

`python freshness.py` prints what the catalog lacks and what it has beyond the SDK, each with its reason where one is known.
It ends with 1 if the catalog lacks something without a known reason.
"""

import fnmatch
import json
import re
import sys
from pathlib import Path

import official_sdk
from official_sdk import Names, Operation
from program import run

REASONS = Path(__file__).with_name("freshness_explained.txt")


def catalog():
    """Every operation of the catalog, by its route, in the same form as those of the SDK."""
    actions = json.loads(printed("json"))
    document = json.loads(printed("openapi"))
    found = {}
    for action in actions:
        route = f"{action['method']} {re.sub(r'{[^}]*}', '{}', action['path'])}"
        operation = found.setdefault(route, Operation(route))
        schemas = document["components"]["schemas"]
        described = document["paths"][f"/v1/actions/{action['id']}"]["post"]
        arguments = arguments_of(described, schemas)
        for input in action["inputs"]:
            if input["place"] in ("query", "body"):
                names = [name.removesuffix("[]") for name in input["wire"]]
                for length in range(1, len(names) + 1):
                    operation.parameters.add(".".join(names[:length]))
                operation.parameters.add(".".join(names), input["words"] or [])
                below(operation.parameters, ".".join(names), arguments.get(input["name"].replace("-", "_"), {}), schemas)
        for constant in action["constants"]:
            operation.parameters.add(constant["wire"], [constant["value"]])
        below(operation.reply, "", result_of(described, schemas), schemas)
    return found


def printed(form):
    done = run("actions", "-o", form, env=None)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def result_of(operation, schemas):
    """The schema of what an action returns, inside the envelope of the HTTP API."""
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    result = resolved(schema, schemas).get("properties", {}).get("result", {})
    # A write can also be answered with its plan, or with the record of an operation.
    named = [alternative for alternative in result.get("anyOf", []) if "$ref" in alternative]
    return named[0] if named else result


def arguments_of(operation, schemas):
    """The schemas of the arguments of an action, by their names."""
    body = resolved(operation["requestBody"]["content"]["application/json"]["schema"], schemas)
    arguments = resolved(body.get("properties", {}).get("args", {}), schemas)
    return arguments.get("properties", {})


def resolved(schema, schemas):
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def below(names, prefix, schema, schemas, seen=()):
    """Adds all names below a JSON schema. Lists and alternatives do not show in a name."""
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return
        seen = (*seen, schema["$ref"])
    schema = resolved(schema, schemas)
    words = [str(word) for word in [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]]
    if words and prefix:
        names.add(prefix, words)
    for alternative in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        below(names, prefix, alternative, schemas, seen)
    if "items" in schema:
        below(names, prefix, schema["items"], schemas, seen)
    for name, field in schema.get("properties", {}).items():
        name = f"{prefix}.{name}" if prefix else name
        names.add(name)
        below(names, name, field, schemas, seen)


def differences(ours, theirs, what):
    """What one side has and the other lacks, as `what name` or `what name: word`."""
    for name, words in theirs.words.items():
        if name not in ours.words:
            # Of what lacks as a whole, the parts lack too.
            if name.rpartition(".")[0] in ours.words or "." not in name:
                yield f"{what} {name}"
        else:
            for word in sorted(words - ours.words[name]) if ours.words[name] else []:
                yield f"{what} {name}: {word}"


def compare(ours, theirs):
    """The lines of what the catalog lacks, and of what it has beyond the SDK."""
    lacks, beyond = [], []
    for route in sorted(theirs.keys() | ours.keys()):
        if route not in ours:
            lacks.append(route)
        elif route not in theirs:
            beyond.append(route)
        else:
            for what in ("parameters", "reply"):
                mine, other = getattr(ours[route], what), getattr(theirs[route], what)
                label = what.removesuffix("s")
                lacks += [f"{route} {line}" for line in differences(mine, other, label)]
                beyond += [f"{route} {line}" for line in differences(other, mine, label)]
    return lacks, beyond


def reasons(sign):
    """Patterns of known differences, each with its reason: a line `SIGN PATTERN  # REASON`."""
    for line in REASONS.read_text().splitlines():
        pattern, separator, reason = line.partition("  # ")
        if separator and pattern.startswith(f"{sign} "):
            yield pattern.removeprefix(f"{sign} ").strip(), reason.strip()


def why(line, known):
    return next((reason for pattern, reason in known if fnmatch.fnmatchcase(line, pattern)), None)


def unexplained(lines, sign="-"):
    known = list(reasons(sign))
    return [line for line in lines if why(line, known) is None]


def report(title, lines, sign):
    known = list(reasons(sign))
    print(f"{title}: {len(lines)}")
    for line in lines:
        reason = why(line, known)
        print(f"  {line}" + (f"  ({reason})" if reason else ""))


def main():
    ours, theirs = catalog(), official_sdk.operations()
    lacks, beyond = compare(ours, theirs)
    print(f"Catalog: {len(ours)} operations. SDK {official_sdk.version()}: {len(theirs)} operations of the Admin API.")
    report("The catalog lacks", lacks, "-")
    report("The catalog has beyond the SDK", beyond, "+")
    missing = unexplained(lacks)
    print(f"Lacks without a known reason: {len(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
