// Inline keyboards, and the buttons that wait for the bot's answer.

import * as server from "./server.js";
import { el, icon, safeLink } from "./entities.js";
import { toast } from "./overlays.js";

/** How long a pressed button waits before the page gives up on an answer. */
const PATIENCE = 30_000;

/** Presses without an answer: {person, id, data, query}. They outlive the nodes, which an edit replaces. */
let presses = [];
/** Answers may overtake the response that tells the query's id. */
const answered = new Set();

/** The keyboard under a message. */
export function keyboard(person, id, rows) {
  const lines = rows.map((row) => el("div", { class: "row" }, ...row.map((button) => inlineButton(person, id, button))));
  return el("div", { class: "keyboard", role: "group", "aria-label": "Buttons of the message" }, ...lines);
}

/** Ends the busy state of an answered press. */
export function answer(query) {
  const waiting = presses.find((press) => press.query === query);
  if (waiting) return release(waiting);
  answered.add(query);
  if (answered.size > 100) answered.delete(answered.values().next().value);
}

function inlineButton(person, id, button) {
  const hook = { class: "inline", type: "button", "data-testid": "inline-button" };
  if (button.url) {
    const link = safeLink(button.url, button.text, icon("out"));
    link.className = "inline link";
    link.dataset.testid = "inline-button";
    return link;
  }
  if (button.copy_text) {
    const copy = async () => {
      await navigator.clipboard.writeText(button.copy_text.text);
      toast("Copied");
    };
    return el("button", { ...hook, onclick: copy }, button.text, icon("copy"));
  }
  const data = button.callback_data;
  if (data === undefined) {
    return el("button", { ...hook, disabled: true, title: "Not available in the local chat" }, button.text);
  }
  const node = el("button", { ...hook, "data-data": data, onclick: () => press(person, id, data) }, el("span", {}, button.text));
  setBusy(node, Boolean(find(person, id, data)));
  return node;
}

const find = (person, id, data) => presses.find((p) => p.person === person && p.id === id && p.data === data);

function setBusy(node, busy) {
  node.classList.toggle("busy", busy);
  node.setAttribute("aria-busy", busy ? "true" : "false");
}

/** Brings the nodes of a message's buttons in line; ids are unique over all chats. */
function show({ person, id }) {
  for (const node of document.querySelectorAll(`[data-message-id="${Number(id)}"] button[data-data]`)) {
    setBusy(node, Boolean(find(person, id, node.dataset.data)));
  }
}

async function press(person, id, data) {
  // A second tap while the first waits is ignored, as in Telegram's apps.
  if (find(person, id, data)) return;
  const waiting = { person, id, data, query: null };
  presses.push(waiting);
  show(waiting);
  try {
    waiting.query = (await server.press(person, id, data)).query_id;
    if (answered.delete(waiting.query)) return release(waiting);
    setTimeout(() => {
      if (!presses.includes(waiting)) return;
      release(waiting);
      toast("The bot did not answer the button.", "error");
    }, PATIENCE);
  } catch (error) {
    release(waiting);
    toast(error instanceof TypeError ? "Not pressed: no connection to the server." : error.message, "error");
  }
}

function release(waiting) {
  presses = presses.filter((press) => press !== waiting);
  show(waiting);
}
