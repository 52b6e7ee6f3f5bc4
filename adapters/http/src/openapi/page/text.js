// Elements and texts. Whatever comes from the document becomes a text node: nothing of it is ever read as HTML.

/** An element with attributes (`onclick` and the like are listeners), and children: elements, texts, or nothing. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in { value: 1, checked: 1, disabled: 1, hidden: 1 }) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}

/** What doc comments are written with: paragraphs, lists, blocks of code. */
export function prose(text) {
  const blocks = [];
  let fenced = null;
  let open = null;
  const close = () => { open = null; };
  for (const line of String(text ?? "").split("\n")) {
    if (line.trimStart().startsWith("```")) {
      if (fenced) fenced = null;
      else {
        fenced = el("code");
        blocks.push(el("pre", { tabindex: 0 }, fenced));
      }
      close();
    } else if (fenced) fenced.append(line + "\n");
    else if (!line.trim()) close();
    else {
      const item = /^\s*[-*]\s+(.*)$/.exec(line);
      if (item) {
        if (open?.tag !== "ul") blocks.push((open = { tag: "ul", lines: [] }));
        open.lines.push([item[1]]);
      } else if (open?.tag === "ul") open.lines.at(-1).push(line.trim());
      else {
        if (open?.tag !== "p") blocks.push((open = { tag: "p", lines: [] }));
        open.lines.push(line.replace(/^\s*#+\s*/, "").trim());
      }
    }
  }
  return blocks.map((block) => {
    if (block instanceof Node) return block;
    if (block.tag === "p") return el("p", {}, inline(block.lines.join(" ")));
    return el("ul", {}, block.lines.map((lines) => el("li", {}, inline(lines.join(" ")))));
  });
}

/** `code`, *stress*, **strong** and links to the web. All else stays as it is written. */
export function inline(text) {
  const parts = [];
  const mark = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;
  let last = 0;
  for (const found of String(text ?? "").matchAll(mark)) {
    parts.push(text.slice(last, found.index));
    if (found[1] !== undefined) parts.push(el("code", {}, found[1]));
    else if (found[2] !== undefined) parts.push(el("strong", {}, found[2]));
    else if (found[3] !== undefined) parts.push(el("em", {}, found[3]));
    else parts.push(el("a", { href: found[5], rel: "noreferrer noopener", target: "_blank" }, found[4]));
    last = found.index + found[0].length;
  }
  parts.push(String(text ?? "").slice(last));
  return parts;
}

/** A path with its names set off. */
export function path(text) {
  return text.split(/(\{[^}]*\})/).map((part) => (part.startsWith("{") ? el("span", { class: "param" }, part) : part));
}

/** JSON text with its parts in colour. */
export function json(text) {
  const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(token)) {
    parts.push(text.slice(last, found.index));
    if (found[2] !== undefined) parts.push(el("span", { class: "j-key" }, found[1]), found[2]);
    else {
      const kind = found[1] ? "j-string" : /^[tfn]/.test(found[0]) ? "j-word" : "j-number";
      parts.push(el("span", { class: kind }, found[0]));
    }
    last = found.index + found[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}
