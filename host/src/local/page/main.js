// The start of the page: people, the stream of events, and what belongs to no single part.

import * as server from "./server.js";
import * as messages from "./messages.js";
import * as keyboard from "./keyboard.js";
import * as composer from "./composer.js";
import * as inspector from "./inspector.js";
import * as overlays from "./overlays.js";
import { el } from "./entities.js";

const $ = (id) => document.getElementById(id);
const FIRST_PAGE = 300;

let people = [];
let current = null;
const unread = new Map();
let lostTimer = null;
/** Counts loads, so that a slow answer cannot overwrite a newer choice. */
let loading = 0;
/** Events that came while a history was on its way: it may be older than they are. */
let held = null;

composer.setUp((message) => show(message));
messages.setUp({
  run: (command) => { composer.sendText(command); composer.focus(); },
  edit: composer.edit,
  changed: showEmpty,
});
inspector.setUp(composer.focus);
overlays.setUp(composer.focus);
$("start").addEventListener("click", () => { composer.sendText("/start"); composer.focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) composer.escape() || inspector.close();
  if (event.altKey && people[Number(event.key) - 1]) { event.preventDefault(); choose(people[Number(event.key) - 1].id); }
});
addEventListener("hashchange", () => choose(personInAddress()));
server.listen(handle, connected, lost);

async function connected() {
  clearTimeout(lostTimer);
  lostTimer = null;
  $("banner").hidden = true;
  try {
    const answer = await server.people();
    people = answer.people;
    $("bot-name").textContent = answer.bot.first_name;
    document.title = `${answer.bot.first_name}, local chat`;
    await choose(current?.id ?? personInAddress());
  } catch {
    lost();
  }
}

function lost() {
  // A short hiccup is not worth a banner.
  lostTimer ??= setTimeout(() => { $("banner").hidden = false; }, 600);
}

function personInAddress() {
  const wanted = Number(location.hash.slice(1));
  return (people.find((person) => person.id === wanted) ?? people[0])?.id;
}

async function choose(id, all = false) {
  const person = people.find((candidate) => candidate.id === id);
  if (!person) return;
  const load = ++loading;
  const moved = current?.id !== person.id;
  current = person;
  unread.delete(id);
  showPeople();
  $("stranger-hint").hidden = person.role !== "stranger";
  if (moved) {
    composer.showFor(id);
    $("toasts").replaceChildren();
  }
  if (location.hash !== `#${id}`) history.replaceState(null, "", `#${id}`);
  held ??= [];
  try {
    const [{ messages: list }, { commands }] = await Promise.all([server.history(id, all ? 0 : FIRST_PAGE), server.commands(id)]);
    if (load !== loading) return;
    composer.setCommands(commands);
    messages.load(person, list, !all && list.length === FIRST_PAGE ? () => choose(id, true) : null);
  } finally {
    if (load === loading) {
      const events = held;
      held = null;
      for (const [name, data] of events) handle(name, data);
    }
  }
  if (moved && !matchMedia("(pointer: coarse)").matches) composer.focus();
}

function handle(name, data) {
  if (name === "reload") return void connected();
  if (name === "commands") return void refreshCommands();
  if (name === "failed") return void inspector.failed(data);
  const here = current && data.chat_id === current.id;
  if (name === "answer") {
    keyboard.answer(data.query_id);
    if (here && data.text) (data.show_alert ? overlays.alertBox : overlays.toast)(data.text);
    if (here && data.url) overlays.toast(`The bot opens ${data.url}`);
    return;
  }
  if (!here) {
    if (name === "message" && data.message.from.is_bot) {
      unread.set(data.chat_id, (unread.get(data.chat_id) ?? 0) + 1);
      showPeople();
    }
    return;
  }
  if (held) held.push([name, data]);
  else if (name === "message" || name === "edit") messages.put(data.message);
  else if (name === "delete") messages.remove(data.message_id);
  else if (name === "action") messages.showAction(data.action);
  else if (name === "draft") messages.showDraft(data.text, data.entities);
}

/** Shows an own message without waiting for its event. */
function show(message) {
  if (current && message.chat.id === current.id) messages.put(message);
}

async function refreshCommands() {
  if (!current) return;
  const { id } = current;
  const { commands } = await server.commands(id).catch(() => ({ commands: null }));
  if (commands && current.id === id) composer.setCommands(commands);
}

const ROLES = { owner: "owner", user: "allowed user", stranger: "stranger" };

function showPeople() {
  const focused = $("people").contains(document.activeElement) ? document.activeElement.dataset.person : null;
  $("people").replaceChildren(...people.map((person) => {
    const count = unread.get(person.id) ?? 0;
    return el("button", {
      class: "person", type: "button", "data-testid": "user", "data-person": person.id, "data-role": person.role,
      "aria-current": person.id === current?.id ? "true" : null,
      onclick: () => choose(person.id).catch((error) => overlays.toast(error.message, "error")),
    },
      el("span", { class: "avatar", "aria-hidden": "true" }, [...person.first_name][0] ?? "?"),
      el("span", { class: "person-text" }, el("b", {}, person.first_name), el("span", {}, ROLES[person.role] ?? person.role)),
      count ? el("span", { class: "unread", "data-testid": "unread" }, count > 99 ? "99+" : String(count), el("span", { class: "hidden" }, " unread")) : null);
  }));
  if (focused) $("people").querySelector(`[data-person="${focused}"]`)?.focus();
}

function showEmpty() {
  const empty = messages.isEmpty();
  $("empty").hidden = !empty;
  if (!empty || !current) return;
  const stranger = current.role === "stranger";
  $("empty-title").textContent = stranger ? "Nobody the bot knows" : `Hello, ${current.first_name}`;
  $("empty-text").textContent = stranger
    ? "Write as somebody who is not on the allow-list, and see that nothing happens."
    : "This chat works like the one in Telegram. Press Start, or write something.";
}
