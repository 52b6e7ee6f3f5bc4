"""Validates OpenAPI 3.1 documents, and the schemas in them as JSON Schema 2020-12 with the values that they give as examples."""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def schemas(value, at="#"):
    """Every schema of the document that stands under `schema`, `x-item-schema` or in the components."""
    if isinstance(value, dict):
        for key, own in value.items():
            place = f"{at}/{key}"
            if key in ("schema", "x-item-schema") and isinstance(own, dict):
                yield place, own
            elif place == "#/components/schemas":
                yield from ((f"{place}/{name}", schema) for name, schema in own.items())
            else:
                yield from schemas(own, place)
    elif isinstance(value, list):
        for index, own in enumerate(value):
            yield from schemas(own, f"{at}/{index}")


def examples(schema):
    """Each schema inside with values that it gives for itself."""
    if isinstance(schema, dict):
        if isinstance(schema.get("examples"), list):
            yield schema, schema["examples"]
        for own in schema.values():
            yield from examples(own)
    elif isinstance(schema, list):
        for own in schema:
            yield from examples(own)


def rebased(schema):
    """References into the document, as references to the resource that it is registered as."""
    if isinstance(schema, dict):
        own = {key: rebased(value) for key, value in schema.items()}
        if isinstance(own.get("$ref"), str) and own["$ref"].startswith("#/"):
            own["$ref"] = "urn:document" + own["$ref"]
        return own
    return [rebased(own) for own in schema] if isinstance(schema, list) else schema


def judge(document):
    faults = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    registry = Registry().with_resource("urn:document", Resource(contents=document, specification=DRAFT202012))
    resolver = registry.resolver("urn:document")
    count = 0
    for place, schema in schemas(document):
        count += 1
        faults += [f"{place}: {error.message}" for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)]
        for inner, values in examples(schema):
            if inner.get("contentEncoding"):
                continue
            validator = Draft202012Validator(rebased(inner), registry=registry)
            faults += [f"{place}: the example {value!r} is none: {error.message}" for value in values for error in validator.iter_errors(value)]
        stack = [schema]
        while stack:
            own = stack.pop()
            if isinstance(own, dict):
                if isinstance(own.get("$ref"), str):
                    resolver.lookup(own["$ref"])
                stack.extend(own.values())
            elif isinstance(own, list):
                stack.extend(own)
    ids = [own["operationId"] for path in document["paths"].values() for own in path.values()]
    faults += [f"the operationId {name} is there twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    return len(ids), count, faults


def main():
    for name in sys.argv[1:]:
        document = json.load(sys.stdin if name == "-" else open(name, encoding="utf-8"))
        operations, count, faults = judge(document)
        if faults:
            sys.exit("\n".join(faults))
        print(f"valid: OpenAPI {document['openapi']}, {operations} operations, {count} schemas")


if __name__ == "__main__":
    main()
