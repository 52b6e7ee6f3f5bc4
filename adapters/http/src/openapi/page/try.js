// "Try it": fills an operation in, sends it, and shows what comes back.

import { el, json } from "./text.js";
import { example, resolve, words } from "./schema.js";

/** Where the routes are: beside this page, whatever a proxy puts before both. */
const base = new URL(".", location.href);
/** As much of an answer as is shown. */
const MOST_SHOWN = 1 << 20;
/** Credentials, by the name of their scheme. They are gone when the page is. */
const credentials = new Map();
/** What was typed and answered, by operation, so that it is still there when somebody comes back. */
const panels = new Map();

/** The panel of an operation. */
export function panel(operation, schemes) {
  if (!panels.has(operation.id)) panels.set(operation.id, make(operation, schemes));
  return panels.get(operation.id);
}

function make(operation, schemes) {
  const fields = operation.parameters.map((own) => parameterField(own));
  const body = operation.body ? bodyFields(operation.body) : null;
  const accept = answers(operation);
  const hint = el("p", { class: "hint", role: "alert", hidden: true });
  const send = el("button", { class: "main", type: "submit" }, "Send");
  const stop = el("button", { type: "button", hidden: true }, "Stop");
  const curl = el("button", { class: "plain", type: "button" }, "as curl");
  const result = el("div", { class: "result", hidden: true, "aria-live": "polite" });
  let running = null;
  const request = () => compose(operation, fields, body, accept, schemes);
  stop.addEventListener("click", () => running?.abort());
  curl.addEventListener("click", () => {
    const old = form.querySelector(".curl");
    if (old) old.remove();
    else form.querySelector(".actions").after(el("pre", { class: "curl", tabindex: 0 }, asCurl(request())));
  });
  const form = el("form", {
    novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      if (running) return;
      const missing = fields.find((own) => own.parameter.in === "path" && !own.read().length);
      hint.hidden = !missing;
      if (missing) {
        hint.textContent = `The path needs ${missing.parameter.name}.`;
        missing.control.focus();
        return;
      }
      running = new AbortController();
      send.disabled = true;
      stop.hidden = false;
      await perform(request(), running, result);
      running = null;
      send.disabled = false;
      stop.hidden = true;
    },
  }, fields.map((own) => own.element), body?.element, accept?.element, hint,
  el("div", { class: "actions" }, send, stop, curl));
  return el("section", { class: "try", "aria-labelledby": "try-title" }, el("h2", { id: "try-title" }, "Try it"), form, result);
}

// Fields.

function label(name, where, control) {
  return el("label", {}, el("span", { class: "label" }, el("code", {}, name), el("span", { class: "where" }, where)), control);
}

/** A control for a value, and how it is read: as a list of texts or files, none where it is left empty. */
function control(schema, start) {
  const own = resolve(schema);
  const type = [own.type].flat().find((type) => type !== "null");
  const text = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
  const choices = own.enum ?? (type === "boolean" ? [true, false] : undefined);
  if (choices) {
    const element = el("select", {}, el("option", { value: "" }, "–"), choices.map((choice) => el("option", { value: text(choice) }, text(choice))));
    element.value = text(start);
    return { element, read: () => (element.value === "" ? [] : [element.value]) };
  }
  if (own.format === "binary" || type === "array" && resolve(own.items).format === "binary") {
    const element = el("input", { type: "file", multiple: type === "array" });
    return { element, read: () => [...element.files] };
  }
  if (type === "array") {
    const values = resolve(own.items).enum;
    const element = el("textarea", { rows: 2, placeholder: values ? values.join("\n") : "one a line", spellcheck: "false" });
    element.value = Array.isArray(start) ? start.map(text).join("\n") : "";
    return { element, read: () => element.value.split("\n").filter((line) => line !== "") };
  }
  const element = el("input", { autocomplete: "off", spellcheck: "false", inputmode: type === "integer" ? "numeric" : type === "number" ? "decimal" : null });
  element.value = text(start);
  return { element, read: () => (element.value === "" ? [] : [element.value]) };
}

function parameterField(parameter) {
  const schema = parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema ?? {};
  const own = resolve(schema);
  const says = parameter.example ?? own.examples?.[0] ?? own.default;
  const start = says ?? (parameter.required ? example(schema, parameter.name) : undefined);
  const { element, read } = control(schema, start);
  element.name = parameter.name;
  element.required = Boolean(parameter.required);
  const where = parameter.in + (parameter.required ? "" : ", optional");
  return { parameter, control: element, read, element: label(parameter.name, where, element) };
}

function bodyFields(body) {
  const forms = Object.entries(body.content ?? {});
  const holder = el("div");
  const choice = el("select", { "aria-label": "Form of the body" }, forms.map(([media]) => el("option", { value: media }, media)));
  let read = () => ({});
  const show = () => {
    const media = choice.value;
    const schema = body.content[media]?.schema ?? {};
    if (media === "application/json" || media.endsWith("+json") || !resolve(schema).properties) {
      const given = body.content[media]?.example ?? example(schema, "text");
      const text = JSON.stringify(given ?? null, null, 2);
      const area = el("textarea", { class: "code", rows: Math.min(18, Math.max(4, text.split("\n").length + 1)), spellcheck: "false", name: "body" });
      area.value = text;
      const wrong = el("p", { class: "hint", hidden: true });
      area.addEventListener("input", () => {
        const fault = broken(area.value);
        wrong.hidden = !fault;
        wrong.textContent = fault ? `This is no JSON yet: ${fault}` : "";
      });
      holder.replaceChildren(label("body", words(schema), area), wrong);
      read = () => ({ media, text: area.value });
      return;
    }
    const own = resolve(schema);
    const start = example(schema) ?? {};
    const all = Object.entries(own.properties).map(([name, inner]) => ({ name, inner, ...control(inner, start[name]) }));
    holder.replaceChildren(...all.map(({ name, inner, element }) => label(name, words(inner) + (own.required?.includes(name) ? "" : ", optional"), element)));
    read = () => ({ media, pairs: all.flatMap(({ name, read }) => read().map((value) => [name, value])) });
  };
  choice.addEventListener("change", show);
  show();
  const element = el("div", {}, forms.length > 1 && el("label", {}, el("span", { class: "label" }, "Form of the body"), choice), holder);
  return { element, read: () => read() };
}

function broken(text) {
  if (!text.trim()) return "";
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error.message;
  }
}

/** What the answer may be; a choice where there are several. */
function answers(operation) {
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"))?.[1];
  const all = Object.keys(resolve(good ?? {}).content ?? {});
  if (all.length < 2) return { read: () => all[0] ?? "*/*" };
  const choice = el("select", { name: "accept" }, all.map((media) => el("option", { value: media }, media)));
  return { element: el("label", {}, el("span", { class: "label" }, "Form of the answer"), choice), read: () => choice.value };
}

// The request.

function compose(operation, fields, body, accept, schemes) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = { accept: accept.read() };
  for (const { parameter, read } of fields) {
    const values = read();
    if (parameter.in === "path") {
      const text = values[0] ?? "";
      const encoded = parameter["x-has-slashes"] ? text.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(text);
      path = path.replace(`{${parameter.name}}`, () => encoded);
    } else if (parameter.in === "query") values.forEach((value) => query.append(parameter.name, value));
    else if (parameter.in === "header" && values.length) headers[parameter.name.toLowerCase()] = values[0];
  }
  if (!operation.public) {
    for (const [name, scheme] of Object.entries(schemes)) {
      const own = credentials.get(name);
      if (!own) continue;
      if (scheme.type === "apiKey" && scheme.in === "query") query.set(scheme.name, own.key);
      else if (scheme.type === "apiKey") headers[scheme.name.toLowerCase()] = own.key;
      else if (scheme.scheme === "basic") headers.authorization = `Basic ${base64(`${own.user}:${own.password}`)}`;
      else headers.authorization = `${scheme.scheme === "bearer" ? "Bearer" : scheme.scheme} ${own.key}`;
    }
  }
  const given = body?.read() ?? {};
  let content;
  if (given.text?.trim()) {
    headers["content-type"] = given.media;
    content = given.text;
  } else if (given.pairs && given.media === "multipart/form-data") {
    content = new FormData();
    given.pairs.forEach(([name, value]) => content.append(name, value));
  } else if (given.pairs) {
    headers["content-type"] = given.media;
    content = new URLSearchParams(given.pairs.filter(([, value]) => typeof value === "string")).toString();
  }
  const text = query.toString();
  const url = new URL(base.pathname.replace(/\/$/, "") + path + (text ? `?${text}` : ""), base.origin);
  return { method: operation.method.toUpperCase(), url, headers, content, pairs: given.pairs };
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function asCurl({ method, url, headers, content, pairs }) {
  const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const lines = [`curl -X ${method} ${quoted(url)}`];
  Object.entries(headers).forEach(([name, value]) => lines.push(`-H ${quoted(`${name}: ${value}`)}`));
  if (content instanceof FormData) {
    pairs.forEach(([name, value]) => lines.push(`-F ${quoted(`${name}=${value instanceof File ? `@${value.name}` : value}`)}`));
  } else if (content !== undefined) lines.push(`--data-binary ${quoted(content)}`);
  return lines.join(" \\\n  ");
}

// The answer.

async function perform({ method, url, headers, content }, running, result) {
  const started = performance.now();
  const took = () => `${Math.round(performance.now() - started)} ms`;
  const line = el("div", { class: "line" }, el("span", { class: "quiet" }, `${method} ${url.pathname}${url.search}`));
  const state = el("div", { class: "line" }, el("span", { class: "quiet" }, "Waiting…"));
  result.replaceChildren(line, state);
  result.hidden = false;
  try {
    const response = await fetch(url, { method, headers, body: content, signal: running.signal, credentials: "same-origin", cache: "no-store" });
    const told = el("span", { class: "quiet" }, took());
    const size = el("span", { class: "quiet" });
    state.replaceChildren(el("span", { class: `status s${String(response.status)[0]}` }, `${response.status} ${response.statusText}`.trim()), told, size);
    const rows = [...response.headers].map(([name, value]) => el("tr", {}, el("td", {}, name), el("td", {}, el("span", { class: "mono" }, value))));
    result.append(el("details", {}, el("summary", {}, `${rows.length} headers`), el("table", {}, el("tbody", {}, rows))));
    await read(response, result, (bytes, done) => {
      told.textContent = took();
      size.textContent = bytes || done ? `${bytes} byte${bytes === 1 ? "" : "s"}` : "";
    });
  } catch (error) {
    const text = error.name === "AbortError" ? "Stopped." : `The request did not get through: ${error.message}`;
    result.append(el("p", { class: "hint" }, text));
  }
}

/** Shows the body as it comes; JSON in its own form when it is whole. */
async function read(response, result, tell) {
  const media = (response.headers.get("content-type") ?? "").split(";")[0].trim();
  const isText = /^text\/|json|xml|javascript|x-www-form-urlencoded/.test(media);
  const reader = response.body?.getReader();
  if (!reader) return tell(0, true);
  const decoder = new TextDecoder();
  const shown = el("pre", { tabindex: 0, "aria-label": "Body" });
  const chunks = [];
  let [bytes, text, cut] = [0, "", false];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    tell(bytes, false);
    if (!isText) {
      chunks.push(value);
      continue;
    }
    const more = decoder.decode(value, { stream: true });
    cut ||= text.length + more.length > MOST_SHOWN;
    if (cut) continue;
    if (!text) result.append(shown);
    text += more;
    shown.append(more);
    shown.scrollTop = shown.scrollHeight;
  }
  tell(bytes, true);
  if (chunks.length) {
    const link = el("a", { href: URL.createObjectURL(new Blob(chunks, { type: media })), download: "answer" }, `Save ${bytes} bytes of ${media || "no type"}`);
    result.append(el("p", {}, link));
  } else if (cut) result.append(el("p", { class: "quiet" }, "The rest is too much to show."));
  else if (/json$/.test(media) && !/ndjson$/.test(media)) {
    try {
      shown.replaceChildren(...json(JSON.stringify(JSON.parse(text), null, 2)));
      shown.scrollTop = 0;
    } catch {
      // It says that it is JSON, and is not: shown as it came.
    }
  } else if (/ndjson$|jsonl$/.test(media)) shown.replaceChildren(...json(text));
}

// Who is asking.

/** Asks for credentials in a dialog. */
export function askWho(dialog, schemes, changed) {
  const inputs = [];
  const input = (name, key, text, type) => {
    const element = el("input", { type, autocomplete: "off", spellcheck: "false" });
    element.value = credentials.get(name)?.[key] ?? "";
    inputs.push([name, key, element]);
    return el("label", {}, el("span", { class: "label" }, text), element);
  };
  const sets = Object.entries(schemes).map(([name, scheme]) => {
    if (scheme.type === "http" && scheme.scheme === "basic") {
      return el("fieldset", {}, el("legend", {}, name), input(name, "user", "User", "text"), input(name, "password", "Password", "password"));
    }
    const text = scheme.type === "apiKey" ? `Key, in the ${scheme.in} ${scheme.name}` : `Token${scheme.bearerFormat ? ` (${scheme.bearerFormat})` : ""}`;
    return el("fieldset", {}, el("legend", {}, name), input(name, "key", text, "password"));
  });
  const close = (keep) => {
    if (keep) {
      credentials.clear();
      for (const [name, key, element] of inputs) {
        if (element.value) credentials.set(name, { user: "", password: "", key: "", ...credentials.get(name), [key]: element.value });
      }
      changed(credentials.size);
    }
    dialog.close();
  };
  dialog.replaceChildren(el("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); close(true); } },
    el("h2", { id: "credentials-title" }, "Authorize"),
    el("p", { class: "quiet" }, "Kept in the memory of this page only, and gone when it is closed."),
    sets,
    el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close(false) }, "Cancel"), el("button", { class: "main", type: "submit" }, "Use them"))));
  dialog.showModal();
}
