// Text with Telegram's entities as DOM nodes. Data only ever becomes text nodes and checked attributes, never markup.

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
  blockquote: "blockquote", expandable_blockquote: "blockquote", custom_emoji: "span", bot_command: "span",
};

// Addresses, and commands that stand alone; as in Telegram, a closing tag is none.
const LINKS = /(https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]}])|(?<![\w/.:<>])(\/[a-z0-9_]{1,32})(?![\w/<>])/gi;

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function safeLink(url, ...children) {
  const ok = /^(https?|mailto|tel|tg):/i.test(url);
  if (!ok) return el("span", {}, ...children);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, ...children);
}

/** Renders text; `runCommand` is called with a clicked `/command`. */
export function formatted(text, entities = [], runCommand = null) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const root = document.createDocumentFragment();
  range(root, text, 0, text.length, sorted, runCommand);
  return root;
}

function range(parent, text, start, end, entities, runCommand) {
  let at = start;
  for (let i = 0; i < entities.length; i++) {
    const entity = entities[i];
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    plain(parent, text.slice(at, from), runCommand);
    const inner = entities.slice(i + 1).filter((e) => e.offset < to);
    const literal = ["code", "pre", "text_link", "bot_command"].includes(entity.type);
    const { outer, content } = wrap(entity, text.slice(from, to), runCommand);
    if (content) range(content, text, from, to, inner, literal ? null : runCommand);
    parent.append(outer);
    at = to;
  }
  plain(parent, text.slice(at, end), runCommand);
}

/** What stands on lines of its own takes the line end behind it along. */
const isBlock = (node) => node?.nodeType === Node.ELEMENT_NODE && /^(DIV|BLOCKQUOTE)$/.test(node.tagName);

/** The node of an entity, and the node that its content goes into (none when it is complete). */
function wrap(entity, text, runCommand) {
  const both = (node) => ({ outer: node, content: node });
  switch (entity.type) {
    case "pre": {
      const code = el("code", {}, text);
      const copy = el("button", {
        class: "copy", type: "button", "aria-label": "Copy the code", title: "Copy",
        onclick: async () => {
          await navigator.clipboard.writeText(text);
          copy.classList.add("done");
          setTimeout(() => copy.classList.remove("done"), 1200);
        },
      }, icon("copy"));
      const label = el("span", { class: "language" }, entity.language || "");
      return { outer: el("div", { class: "pre" }, label, copy, el("pre", { tabIndex: 0 }, code)), content: null };
    }
    case "text_link": return both(safeLink(entity.url));
    case "spoiler": {
      const inner = el("span", { "aria-hidden": "true" });
      const reveal = () => {
        outer.classList.add("shown");
        for (const name of ["role", "tabindex", "aria-label"]) outer.removeAttribute(name);
        inner.removeAttribute("aria-hidden");
      };
      const outer = el("span", {
        class: "spoiler", role: "button", tabIndex: 0, "aria-label": "Hidden text, press to show",
        onclick: reveal, onkeydown: (event) => event.key === "Enter" && reveal(),
      }, inner);
      return { outer, content: inner };
    }
    case "bot_command": {
      if (!runCommand) return both(el("span", { class: "command" }));
      return { outer: commandButton(text, runCommand), content: null };
    }
    case "expandable_blockquote": {
      const node = el("blockquote", { class: "folded", title: "Click to unfold", onclick: () => node.classList.remove("folded") });
      return both(node);
    }
    default: return both(el(TAGS[entity.type] || "span"));
  }
}

function commandButton(text, runCommand) {
  return el("button", { class: "command", type: "button", onclick: () => runCommand(text) }, text);
}

function plain(parent, text, runCommand) {
  if (isBlock(parent.lastChild) && text.startsWith("\n")) text = text.slice(1);
  if (!text) return;
  if (!runCommand) return void parent.append(text);
  let at = 0;
  for (const match of text.matchAll(LINKS)) {
    parent.append(text.slice(at, match.index));
    parent.append(match[1] ? safeLink(match[1], match[1]) : commandButton(match[2], runCommand));
    at = match.index + match[0].length;
  }
  parent.append(text.slice(at));
}

export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit++; }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
