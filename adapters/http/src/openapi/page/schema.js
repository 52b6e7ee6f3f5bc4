// What a JSON Schema says: in words, as a tree, and by an example.

import { el, inline } from "./text.js";

let root = {};

/** The document that references are looked up in. */
export function within(document) {
  root = document;
}

/** What `thing` refers to, or itself. */
export function resolve(thing) {
  for (let hops = 0; hops < 32 && typeof thing?.$ref === "string"; hops++) {
    const { $ref, ...beside } = thing;
    const target = $ref.replace(/^#\//, "").split("/").map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce((at, key) => (at && Object.hasOwn(at, key) ? at[key] : undefined), root);
    thing = target && typeof target === "object" ? { ...target, ...beside } : beside;
  }
  return thing ?? {};
}

const named = (schema) => (typeof schema?.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined);
const isNull = (schema) => schema?.type === "null";
const list = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** The type in words: `list of Score`, `integer or nothing`. */
export function words(schema, deep = 0) {
  if (schema === true || schema === undefined || deep > 8) return "anything";
  const name = named(schema);
  if (name) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return "one of";
  const several = schema.oneOf ?? schema.anyOf;
  if (several && !schema.properties) {
    const some = several.filter((own) => !isNull(own)).map((own) => own.title ?? words(own, deep + 1));
    const all = [...new Set(some)];
    const text = all.length > 4 ? "one of several" : all.join(" or ");
    return several.some(isNull) ? `${text}, or null` : text;
  }
  if (schema.allOf?.length === 1) return words(schema.allOf[0], deep + 1);
  const types = list(schema.type);
  const one = (type) => {
    if (type === "array") {
      if (schema.prefixItems) return `list: ${schema.prefixItems.map((own) => words(own, deep + 1)).join(", ")}`;
      const inner = words(schema.items, deep + 1);
      return schema.uniqueItems ? `set of ${inner}` : `list of ${inner}`;
    }
    if (type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
      return `map to ${words(schema.additionalProperties, deep + 1)}`;
    }
    if (type === "string" && (schema.format === "binary" || schema.contentMediaType)) return "file";
    if (type === "string" && schema.contentEncoding) return `text in ${schema.contentEncoding}`;
    if (type === "string") return schema.format ? `text (${schema.format})` : "text";
    return schema.format && !/^u?int$/.test(schema.format) ? `${type} (${schema.format})` : type;
  };
  const text = types.filter((type) => type !== "null").map(one).join(" or ");
  if (!text) return types.length ? "null" : schema.properties ? "object" : "anything";
  return types.includes("null") ? `${text}, or null` : text;
}

/** What a value must be beside its type. */
export function bounds(schema) {
  const all = [];
  const range = (least, most, unit = "") => {
    const units = unit && ((most ?? least) === 1 ? ` ${unit}` : ` ${unit}s`);
    if (least !== undefined && most !== undefined) all.push(least === most ? `exactly ${least}${units}` : `${least} to ${most}${units}`);
    else if (least !== undefined) all.push(`at least ${least}${units}`);
    else if (most !== undefined) all.push(`at most ${most}${units}`);
  };
  // What every unsigned number is, needs no words.
  const least = schema.minimum === 0 && /^u/.test(schema.format ?? "") ? undefined : schema.minimum;
  range(least, schema.maximum);
  if (schema.exclusiveMinimum !== undefined) all.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.exclusiveMaximum !== undefined) all.push(`less than ${schema.exclusiveMaximum}`);
  range(schema.minLength, schema.maxLength, "character");
  range(schema.minItems, schema.maxItems, "item");
  if (schema.pattern !== undefined) all.push(`matches ${schema.pattern}`);
  if (schema.default !== undefined && schema.default !== null && schema.default?.length !== 0) all.push(`default ${JSON.stringify(schema.default)}`);
  return all.join(", ");
}

/** The fields of an object with those that it takes over, and its variants. */
function parts(schema) {
  schema = resolve(schema);
  const own = { properties: { ...schema.properties }, required: new Set(schema.required ?? []), variants: [] };
  for (const part of schema.allOf ?? []) {
    const inner = parts(part);
    Object.assign(own.properties, inner.properties);
    inner.required.forEach((name) => own.required.add(name));
    own.variants.push(...inner.variants);
  }
  const several = (schema.oneOf ?? schema.anyOf ?? []).filter((part) => !isNull(part));
  if (several.length === 1) {
    const inner = parts(several[0]);
    Object.assign(own.properties, inner.properties);
    own.variants.push(...inner.variants);
  } else own.variants.push(...several);
  return own;
}

/** What is inside of a value: of a list its items, of a map its values. */
function inside(schema) {
  for (let deep = 0; deep < 8; deep++) {
    const own = resolve(schema);
    const next = own.items ?? (typeof own.additionalProperties === "object" && !own.properties ? own.additionalProperties : undefined);
    if (!next || typeof next !== "object") return schema;
    schema = next;
  }
  return schema;
}

function values(schema) {
  const inner = resolve(inside(schema));
  const all = inner.enum ?? ((inner.oneOf ?? []).every((own) => own.const !== undefined) ? inner.oneOf?.map((own) => own.const) : undefined);
  return all?.length ? el("div", { class: "values" }, all.map((value) => el("code", {}, typeof value === "string" ? value : JSON.stringify(value)))) : null;
}

/** The fields of a schema, as a tree whose branches are made when they are opened. Of what is answered it is told what may be
 * missing, of what is sent what must be there. */
export function tree(schema, deep = 0, isReply = false) {
  const inner = inside(schema);
  const { properties, required, variants } = parts(inner);
  const names = Object.keys(properties);
  const out = [];
  if (names.length) {
    out.push(el("ul", { class: "fields" }, names.map((name) => field(name, properties[name], required.has(name), deep, isReply))));
  } else if (!variants.length || values(inner)) {
    const own = resolve(inner);
    if (!deep) out.push(el("p", { class: "note-line" }, [words(schema), bounds(own)].filter(Boolean).join(", ")));
    const all = deep ? null : values(schema);
    if (all) out.push(all);
    return out;
  }
  variants.forEach((variant, at) => {
    const own = resolve(variant);
    const name = named(variant) ?? own.title ?? own.description ?? (own.const !== undefined ? JSON.stringify(own.const) : `Form ${at + 1}`);
    out.push(el("p", { class: "kind" }, at ? "or " : names.length ? "with " : "either ", inline(name)), ...tree(variant, deep + 1, isReply));
  });
  return out;
}

function hasInside(schema) {
  const { properties, variants } = parts(inside(schema));
  return Object.keys(properties).length > 0 || variants.some((own) => Object.keys(parts(own).properties).length > 0);
}

function field(name, schema, required, deep, isReply = false) {
  const own = resolve(schema);
  const item = el("li", { class: "field" },
    el("div", { class: "head" },
      el("span", { class: "name" }, name),
      el("span", { class: "type" }, words(schema)),
      required && !isReply && el("span", { class: "must" }, "required"),
      !required && isReply && el("span", { class: "type" }, "may be missing"),
      el("span", { class: "says" }, bounds(own))),
    own.description && el("p", { class: "text" }, inline(own.description)),
    values(schema));
  if (hasInside(schema)) {
    const branch = el("details", {}, el("summary", {}, `fields of ${named(inside(schema)) ?? name}`));
    branch.addEventListener("toggle", () => {
      if (branch.open && branch.childElementCount === 1) branch.append(...tree(schema, deep + 1, isReply));
    });
    item.append(branch);
  }
  return item;
}

/** One field of a list of parameters. */
export function parameter(own) {
  const schema = own.schema ?? Object.values(own.content ?? {})[0]?.schema ?? {};
  const { description, ...bare } = resolve(schema);
  const item = field(own.name, schema.$ref ? schema : bare, own.required, 0);
  if (own.description) {
    item.querySelector(":scope > .text")?.remove();
    item.querySelector(".head").after(el("p", { class: "text" }, inline(own.description)));
  }
  return item;
}

/** A value that the schema allows, for somebody to begin with. */
export function example(schema, name = "text", seen = []) {
  const reference = named(schema);
  if (reference && seen.includes(reference)) return undefined;
  const within = reference ? [...seen, reference] : seen;
  const own = resolve(schema);
  if (own.examples?.length) return own.examples[0];
  if (own.example !== undefined) return own.example;
  if (own.default !== undefined && own.default !== null) return own.default;
  if (own.const !== undefined) return own.const;
  if (own.enum) return own.enum.find((value) => value !== null) ?? null;
  const { properties, required, variants } = parts(own);
  const names = Object.keys(properties);
  if (names.length || list(own.type).includes("object")) {
    const out = {};
    for (const key of names) {
      const inner = resolve(properties[key]);
      const says = inner.examples?.length || inner.example !== undefined || (inner.default !== undefined && inner.default !== null);
      if (!required.has(key) && !says) continue;
      const value = example(properties[key], key, within);
      if (value !== undefined) out[key] = value;
    }
    if (variants.length) {
      const value = example(variants[0], name, within);
      if (value && typeof value === "object") Object.assign(out, value);
    }
    return out;
  }
  if (variants.length) return example(variants[0], name, within);
  switch (list(own.type).find((type) => type !== "null")) {
    case "array": {
      if (own.prefixItems) return own.prefixItems.map((item) => example(item, name, within));
      const item = example(own.items ?? true, name, within);
      return item === undefined ? [] : [item];
    }
    case "integer": return Math.max(own.minimum ?? 1, 1);
    case "number": return own.minimum ?? 1;
    case "boolean": return true;
    case "string": return ({
      email: "ada@example.org", uuid: "00000000-0000-4000-8000-000000000000", uri: "https://example.org/", date: "2030-01-01",
      "date-time": "2030-01-01T12:00:00Z", time: "12:00:00Z", ipv4: "127.0.0.1", ipv6: "::1",
    })[own.format] ?? (own.contentEncoding ? "" : name);
    default: return null;
  }
}
