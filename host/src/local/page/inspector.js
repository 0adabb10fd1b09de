// The drawer of API calls, for authors of modules: newest first, each with its parameters as a tree that folds.

import * as server from "./server.js";
import { el } from "./entities.js";

const $ = (id) => document.getElementById(id);
const KEPT = 300;

let last = 0;
let timer = null;
let onClose = () => {};

export function setUp(closed) {
  onClose = closed;
  $("inspect").addEventListener("click", () => (timer === null ? open() : close()));
  $("inspect-close").addEventListener("click", close);
  $("inspect-filter").addEventListener("input", filter);
  $("inspector").addEventListener("keydown", (event) => event.key === "Escape" && close());
}

/** Marks the button when a call of the bot was refused and nobody looks. */
export function failed({ method, error }) {
  if (timer !== null) return;
  $("inspect").classList.add("failed");
  $("inspect").title = `${method}: ${error}`;
}

export function close() {
  if (timer === null) return false;
  clearInterval(timer);
  timer = null;
  $("inspector").hidden = true;
  $("inspect").setAttribute("aria-expanded", "false");
  onClose();
  return true;
}

function open() {
  $("inspector").hidden = false;
  $("inspect").classList.remove("failed");
  $("inspect").removeAttribute("title");
  $("inspect").setAttribute("aria-expanded", "true");
  timer = setInterval(refresh, 1000);
  refresh();
}

async function refresh() {
  let answer;
  try {
    answer = await server.calls(last);
  } catch {
    return; // The banner already says that the connection is lost.
  }
  if (answer.last < last) {
    // The server was restarted: its log begins anew.
    last = 0;
    $("calls").replaceChildren();
    return;
  }
  last = answer.last;
  $("calls").prepend(...answer.calls.reverse().map(row));
  while ($("calls").childElementCount > KEPT) $("calls").lastChild.remove();
  if (!$("calls").childElementCount) $("calls").append(el("p", { class: "none" }, "The bot has made no call yet."));
  else $("calls").querySelector(".none")?.remove();
  filter();
}

function filter() {
  const wanted = $("inspect-filter").value.trim().toLowerCase();
  for (const node of $("calls").children) node.hidden = wanted !== "" && !(node.dataset.search || "").includes(wanted);
}

function row(call) {
  const failed = call.status !== 200;
  const time = new Date(call.at).toLocaleTimeString([], { hour12: false });
  const node = el("details", { class: `call${failed ? " failed" : ""}`, "data-testid": "api-call" },
    el("summary", {},
      el("span", { class: "code" }, String(call.status)),
      el("span", { class: "method" }, call.method),
      el("time", {}, time),
    ));
  node.dataset.search = JSON.stringify(call).toLowerCase();
  // The tree is built when somebody looks.
  node.addEventListener("toggle", () => {
    if (node.childElementCount > 1) return;
    if (call.error) node.append(el("p", { class: "error" }, call.error));
    node.append(el("div", { class: "tree" }, tree(call.params)));
    node.append(el("p", { class: "foot" }, `#${call.number} · answered in ${(call.micros / 1000).toFixed(2)} ms`));
  });
  return node;
}

/** A JSON value as nodes, with its key before it: objects and arrays fold, small ones start unfolded. */
function tree(value, key = "", depth = 0) {
  const name = key === "" ? null : el("span", { class: "key" }, `${key}: `);
  if (value === null || typeof value !== "object") {
    const kind = value === null ? "null" : typeof value;
    return el("div", {}, name, el("span", { class: `json-${kind}` }, JSON.stringify(value)));
  }
  const entries = Object.entries(value);
  const marks = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return el("div", {}, name, marks);
  return el("details", { open: depth === 0 || (depth < 5 && entries.length <= 4) },
    el("summary", {}, name, `${marks[0]} ${entries.length} ${marks[1]}`),
    ...entries.map(([inner, item]) => el("div", { class: "pair" }, tree(item, inner, depth + 1))));
}
