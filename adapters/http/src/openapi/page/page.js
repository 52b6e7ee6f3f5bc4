// The page of the OpenAPI document that is served beside it.

import { el, inline, path, prose } from "./text.js";
import { parameter, resolve, tree, within, words } from "./schema.js";
import { askWho, panel } from "./try.js";

const at = (id) => document.getElementById(id);
const main = at("main");
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
/** Where nothing is said of how callers show who they are, and some operation asks: most often it is a token. */
const TOKEN = { token: { type: "http", scheme: "bearer" } };

let api = {};
let schemes = {};
/** Modules in their order, each with its operations in theirs. */
let modules = [];
const byId = new Map();

try {
  const response = await fetch(new URL("openapi.json", new URL(".", location.href)), { cache: "no-cache" });
  if (!response.ok) throw new Error(`openapi.json answers ${response.status}`);
  api = await response.json();
  start();
} catch (error) {
  main.replaceChildren(el("h1", {}, "There is no document"), el("p", { class: "quiet" }, `It could not be read: ${error.message}.`));
}

function start() {
  within(api);
  const all = collect();
  const asks = all.some((own) => own["x-roles"] || own["x-policies"] || own.responses["401"]);
  schemes = api.components?.securitySchemes ?? (asks ? TOKEN : {});
  at("title").textContent = api.info.title;
  at("version").textContent = api.info.version;
  at("contents").replaceChildren(...modules.map(({ name, operations }) => el("section", {},
    el("h2", {}, name),
    el("ul", {}, operations.map((own) => {
      own.entry = el("a", { href: link(own), title: own.address }, method(own), el("span", {}, own.id));
      return el("li", {}, own.entry);
    })))));
  const authorize = at("authorize");
  authorize.hidden = !Object.keys(schemes).length;
  authorize.addEventListener("click", () => askWho(at("credentials"), schemes, (count) => {
    authorize.textContent = count ? "Authorized" : "Authorize";
  }));
  at("menu").addEventListener("click", () => menu(at("menu").getAttribute("aria-expanded") !== "true"));
  at("skip").addEventListener("click", () => main.focus());
  at("search").addEventListener("input", search);
  addEventListener("keydown", keys);
  addEventListener("hashchange", () => show(true));
  show(false);
}

function collect() {
  const order = new Map((api.tags ?? []).map(({ name }) => [name, []]));
  const all = [];
  for (const [address, methods] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS) {
      const own = methods[method];
      if (!own) continue;
      const operation = {
        ...own,
        method,
        path: address,
        id: own.operationId ?? `${method} ${address}`,
        address: `${method.toUpperCase()} ${address}`,
        parameters: [...(methods.parameters ?? []), ...(own.parameters ?? [])].map(resolve),
        body: own.requestBody && resolve(own.requestBody),
        responses: own.responses ?? {},
        public: own.security?.length === 0,
      };
      operation.text = [operation.id, operation.address, own.summary, own["x-message"]].join(" ").toLowerCase();
      const tag = own.tags?.[0] ?? "operations";
      if (!order.has(tag)) order.set(tag, []);
      order.get(tag).push(operation);
      byId.set(operation.id, operation);
      all.push(operation);
    }
  }
  modules = [...order].filter(([, operations]) => operations.length).map(([name, operations]) => ({ name, operations }));
  return all;
}

function link(operation) {
  return `#${encodeURIComponent(operation.id)}`;
}

function method(operation) {
  const short = { delete: "del", options: "opt" };
  return el("span", { class: `method ${operation.method}` }, short[operation.method] ?? operation.method);
}

// What is shown.

function show(moved) {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {
    // As it is written.
  }
  const operation = byId.get(id);
  for (const own of byId.values()) {
    if (own === operation) own.entry.setAttribute("aria-current", "page");
    else own.entry.removeAttribute("aria-current");
  }
  document.title = operation ? `${operation.id} – ${api.info.title}` : api.info.title;
  main.replaceChildren(operation ? details(operation) : overview());
  menu(false);
  if (!moved) return operation?.entry.scrollIntoView({ block: "nearest" });
  scrollTo({ top: 0, behavior: "instant" });
  main.focus({ preventScroll: true });
}

function overview() {
  const count = byId.size;
  return el("div", { class: "overview" },
    el("h1", {}, api.info.title),
    el("p", { class: "lead" }, `Version ${api.info.version}. ${count} operation${count === 1 ? "" : "s"}, described by `, el("a", { href: "openapi.json" }, "openapi.json"), "."),
    el("div", { class: "lines", "aria-hidden": "true" }),
    api.info.description && el("div", { class: "prose" }, prose(api.info.description)),
    modules.map(({ name, operations }) => el("section", {},
      el("h2", {}, name),
      el("ul", { class: "rows" }, operations.map((own) => el("li", {},
        el("a", { href: link(own) }, method(own), el("span", { class: "path" }, path(own.path)), el("span", { class: "about" }, inline(own.summary ?? own.id)))))))),
    !count && el("p", { class: "quiet" }, "There are no routes yet."));
}

function details(operation) {
  const who = operation["x-roles"] ? "needs a role" : operation["x-policies"] ? "needs to be allowed" : operation.public ? "open to everybody" : "";
  return el("article", { class: "operation" },
    el("header", {},
      el("h1", {}, inline((operation.summary ?? operation.id).replace(/([^.])\.$/, "$1"))),
      el("div", { class: "address" },
        el("span", { class: `method ${operation.method}` }, operation.method),
        el("span", { class: "path" }, path(operation.path))),
      el("p", { class: "meta" }, el("span", { class: "mono" }, operation["x-message"] ?? operation.id), el("span", {}, operation["x-kind"]), el("span", {}, who), operation.deprecated && el("span", {}, "deprecated"))),
    el("div", { class: "docs" },
      operation.description && el("section", { class: "prose" }, prose(operation.description)),
      parameters(operation), body(operation), responses(operation)),
    panel(operation, schemes));
}

function parameters(operation) {
  const kinds = [["path", "In the path"], ["query", "In the query"], ["header", "In headers"], ["cookie", "In cookies"]];
  return kinds.map(([place, title]) => {
    const own = operation.parameters.filter((parameter) => parameter.in === place);
    return own.length ? el("section", {}, el("h2", {}, title), el("ul", { class: "fields" }, own.map(parameter))) : null;
  });
}

function body(operation) {
  if (!operation.body) return null;
  const content = operation.body.content ?? {};
  const schema = Object.values(content)[0]?.schema ?? {};
  return el("section", {}, el("h2", {}, "Body"),
    tree(schema),
    el("p", { class: "note-line" }, `As ${Object.keys(content).join(", ")}${operation.body.required ? "" : "; optional"}.`));
}

function responses(operation) {
  const all = Object.entries(operation.responses).map(([status, own]) => [status, resolve(own)]);
  const isGood = ([status]) => status.startsWith("2") || status.startsWith("3");
  const bad = all.filter((own) => !isGood(own));
  const line = ([status, own]) => el("div", { class: "answer-line" },
    el("span", { class: `status s${status[0]}` }, status === "default" ? "other" : status), el("span", {}, inline(own.description)));
  const problem = bad.map(([, own]) => own.content?.["application/problem+json"]?.schema).find(Boolean);
  return el("section", {}, el("h2", {}, "Answers"),
    el("ul", { class: "answers" }, all.filter(isGood).map((own) => el("li", {}, line(own), el("div", { class: "inside" }, answer(own[1]))))),
    bad.length > 0 && el("details", { class: "problems" },
      el("summary", {}, "Problems"),
      el("ul", { class: "answers" }, bad.map((own) => el("li", {}, line(own)))),
      problem && el("p", { class: "note-line" }, "Each as application/problem+json (RFC 9457):"),
      problem && tree(problem, 1, true)));
}

function answer(own) {
  const out = [];
  for (const [name, header] of Object.entries(own.headers ?? {})) {
    out.push(el("p", { class: "note-line" }, el("code", {}, name), " ", inline(resolve(header).description)));
  }
  const forms = Object.entries(own.content ?? {});
  if (!forms.length) return out;
  const [, first] = forms[0];
  const item = first["x-item-schema"];
  const schema = item ?? first.schema ?? {};
  out.push(el("p", { class: "note-line" }, item ? `Each item is ${words(item)}. As ${forms.map(([media]) => media).join(", ")}.` : `${words(schema)}, as ${forms.map(([media]) => media).join(", ")}`));
  const fields = tree(schema, 1, true);
  if (fields.length) out.push(el("details", { open: true }, el("summary", {}, "fields"), fields));
  return out;
}

// Finding the way.

function search() {
  const wanted = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { operations } of modules) {
    let here = 0;
    for (const own of operations) {
      const fits = wanted.every((word) => own.text.includes(word));
      own.entry.parentElement.hidden = !fits;
      here += fits ? 1 : 0;
    }
    operations[0].entry.closest("section").hidden = !here;
    found += here;
  }
  at("nothing").hidden = found > 0;
}

function menu(open) {
  at("menu").setAttribute("aria-expanded", String(open));
  at("side").classList.toggle("open", open);
}

function keys(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !at("credentials").open) {
    event.preventDefault();
    menu(true);
    at("search").focus();
    return;
  }
  if (!at("side").contains(event.target)) return;
  const entries = [...at("contents").querySelectorAll("a")].filter((entry) => entry.offsetParent);
  const here = entries.indexOf(document.activeElement);
  if (event.key === "Escape" && at("search").value) {
    at("search").value = "";
    search();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = event.key === "ArrowDown" ? here + 1 : here - 1;
    (next < 0 ? at("search") : entries[Math.min(next, entries.length - 1)])?.focus();
  } else if (event.key === "Enter" && event.target === at("search")) entries[0]?.click();
}
