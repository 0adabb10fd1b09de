// The list of messages of the chat on screen: bubbles, day separators, typing, scrolling.

import * as server from "./server.js";
import { el, fileSize, formatted, icon } from "./entities.js";
import { keyboard } from "./keyboard.js";
import { enlarge } from "./overlays.js";

const $ = (id) => document.getElementById(id);

/** Telegram shows "typing" this long. */
const ACTION_TIME = 5_000;
const DRAFT_TIME = 30_000;
/** Messages of one sender within this many seconds stand close together. */
const GROUP_SECONDS = 300;
/** The server keeps no more either. */
const MOST = 2000;

let person = null;
let actions = { run() {}, edit() {}, changed() {} };
const messages = new Map();
/** Whether the list follows its end. */
let stuck = true;
let lastTop = 0;
/** Messages that came in while it did not. */
let missed = 0;
let transientTimer = null;

export function setUp(callbacks) {
  actions = callbacks;
  $("scroll").addEventListener("scroll", scrolled, { passive: true });
  $("jump").addEventListener("click", () => toBottom("smooth"));
  // Neither a narrower window nor a late picture may lose the end of the chat.
  const keep = new ResizeObserver(() => stuck && toBottom());
  keep.observe($("scroll"));
  keep.observe($("list"));
}

/** Shows another chat, or the same anew. */
export function load(whose, list, more) {
  const same = person === whose.id;
  const stay = same && !stuck;
  const fromBottom = $("scroll").scrollHeight - $("scroll").scrollTop;
  person = whose.id;
  messages.clear();
  hideTransient();
  // What was there before is not news to a screen reader.
  $("list").setAttribute("aria-live", "off");
  $("list").replaceChildren();
  if (more) {
    $("list").append(el("button", { class: "earlier", type: "button", onclick: more }, "Show earlier messages"));
  }
  for (const message of list) {
    messages.set(message.message_id, message);
    append(node(message));
  }
  requestAnimationFrame(() => $("list").setAttribute("aria-live", "polite"));
  if (stay) $("scroll").scrollTop = $("scroll").scrollHeight - fromBottom;
  else toBottom();
  changed();
}

/** Adds a message or puts its new form in place of the old. */
export function put(message) {
  const old = find(message.message_id);
  const stick = stuck;
  const mine = !message.from.is_bot;
  messages.set(message.message_id, message);
  if (old) {
    const fresh = node(message);
    fresh.classList.toggle("follows", old.classList.contains("follows"));
    fresh.classList.add("still");
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.data : null;
    old.replaceWith(fresh);
    if (focused) [...fresh.querySelectorAll("button[data-data]")].find((b) => b.dataset.data === focused)?.focus();
  } else {
    if (!mine) hideTransient();
    append(node(message));
    if (!stick && !mine) missed++;
    if (messages.size > MOST) remove(messages.keys().next().value);
  }
  if (stick || (mine && !old)) toBottom(old ? "auto" : "smooth");
  else showJump();
  changed();
}

export function remove(id) {
  messages.delete(id);
  const gone = find(id);
  if (!gone) return;
  gone.remove();
  regroup();
  changed();
}

/** The person's own last text, for Arrow-Up. */
export function lastOwn() {
  return [...messages.values()].reverse().find((message) => !message.from.is_bot && message.text);
}

export const isEmpty = () => messages.size === 0;

function changed() {
  actions.changed();
}

function find(id) {
  return $("list").querySelector(`[data-message-id="${Number(id)}"]`);
}

// Layout

function append(item) {
  const list = $("list");
  let last = list.lastElementChild;
  while (last && !last.dataset.messageId) last = last.previousElementSibling;
  place(item, last);
  const transient = list.querySelector(".transient");
  const day = separator(item, last);
  for (const part of [day, item]) if (part) transient ? transient.before(part) : list.append(part);
}

function place(item, before) {
  const close = before && before.dataset.from === item.dataset.from
    && item.dataset.date - before.dataset.date < GROUP_SECONDS && dayOf(item) === dayOf(before);
  item.classList.toggle("follows", Boolean(close));
}

function separator(item, before) {
  if (before && dayOf(before) === dayOf(item)) return null;
  return el("div", { class: "day", role: "separator" }, el("span", {}, dayName(item.dataset.date * 1000)));
}

/** Puts separators and groups right after something left the middle. */
function regroup() {
  let before = null;
  for (const old of $("list").querySelectorAll(".day")) old.remove();
  for (const item of [...$("list").querySelectorAll("[data-message-id]")]) {
    place(item, before);
    const day = separator(item, before);
    if (day) item.before(day);
    before = item;
  }
}

function dayOf(item) {
  return new Date(item.dataset.date * 1000).toDateString();
}

function dayName(time) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = new Date(time).getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return new Date(time).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year });
}

// Scrolling

function atBottom() {
  const scroll = $("scroll");
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
}

/** Going up leaves the end; coming to it stays there, also while the list glides down to a new message. */
function scrolled() {
  const top = $("scroll").scrollTop;
  if (atBottom()) stuck = true;
  else if (top < lastTop - 1) stuck = false;
  lastTop = top;
  if (stuck) missed = 0;
  showJump();
}

function toBottom(behavior = "auto") {
  stuck = true;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("scroll").scrollTo({ top: $("scroll").scrollHeight, behavior: calm ? "auto" : behavior });
  missed = 0;
  showJump();
}

function showJump() {
  $("jump").hidden = stuck;
  $("jump-count").textContent = missed || "";
}

// One message

function node(message) {
  const mine = !message.from.is_bot;
  const text = message.text ?? message.caption;
  const bubble = el("div", { class: "bubble" }, el("span", { class: "hidden" }, mine ? "You: " : `${message.from.first_name}: `));
  if (message.reply_to_message) bubble.append(quote(message.reply_to_message));
  if (message.photo) bubble.append(photo(message.photo.at(-1), message));
  if (message.voice) bubble.append(el("audio", { controls: true, preload: "metadata", src: server.fileUrl(message.voice.file_id) }));
  if (message.document) bubble.append(documentChip(message.document));
  const meta = stamp(message);
  if (text) {
    const body = el("div", { class: "text", dir: "auto", "data-testid": "message-text" });
    body.append(formatted(text, message.entities || message.caption_entities, (command) => actions.run(command)), meta);
    bubble.append(body);
  } else {
    bubble.append(meta);
  }
  if (mine && message.text) {
    bubble.append(el("button", {
      class: "edit", type: "button", "aria-label": "Edit this message", title: "Edit", onclick: () => actions.edit(message),
    }, icon("edit")));
  }
  const item = el("div", {
    class: `message ${mine ? "mine" : "theirs"}${message.photo ? " has-photo" : ""}${text ? "" : " bare"}`,
    "data-testid": "message", "data-message-id": message.message_id, "data-from": mine ? "user" : "bot",
    "data-date": message.date,
  }, bubble);
  const rows = message.reply_markup?.inline_keyboard;
  if (rows?.length) item.append(keyboard(person, message.message_id, rows));
  return item;
}

function stamp(message) {
  const date = new Date(message.date * 1000);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return el("span", { class: "meta" },
    message.edit_date ? el("span", { "data-testid": "edited-mark" }, "edited ") : null,
    el("time", { dateTime: date.toISOString(), title: date.toLocaleString() }, time));
}

function quote(message) {
  const short = message.text ?? message.caption ?? (message.photo ? "Photo" : message.document?.file_name ?? "Message");
  return el("button", {
    class: "quote", type: "button", onclick: () => find(message.message_id)?.scrollIntoView({ block: "center", behavior: "smooth" }),
  }, el("b", {}, message.from.first_name), el("span", {}, short));
}

function photo(size, message) {
  const url = server.fileUrl(size.file_id);
  const description = message.caption ? `Photo: ${message.caption}` : "Photo";
  const image = el("img", { src: url, alt: description, width: size.width, height: size.height, decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: "lost" }, "The photo is no longer kept.")));
  return el("button", {
    class: "photo", type: "button", "aria-label": `Enlarge. ${description}`, onclick: () => enlarge(url, description),
  }, image);
}

function documentChip(file) {
  const extension = /\.([a-z0-9]{1,4})$/i.exec(file.file_name)?.[1] ?? "";
  return el("a", { class: "document", href: `${server.fileUrl(file.file_id)}?download`, download: file.file_name, "data-testid": "document" },
    el("span", { class: "document-icon" }, extension ? extension.toUpperCase() : icon("file")),
    el("span", { class: "document-text" }, el("b", {}, file.file_name), el("span", {}, fileSize(file.file_size))));
}

// Typing and drafts: one bubble at the end that history does not know

const DOING = {
  typing: "typing", upload_photo: "sending a photo", upload_document: "sending a file", record_voice: "recording",
  upload_voice: "sending a voice message",
};

export function showAction(action) {
  const dots = el("div", { class: "bubble dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  showTransient(dots, ACTION_TIME, "typing-indicator");
  $("status").textContent = `${DOING[action] || "working"}…`;
  $("status").classList.add("active");
}

export function showDraft(text, entities) {
  const body = el("div", { class: "text" });
  body.append(formatted(text, entities), el("span", { class: "caret" }));
  showTransient(el("div", { class: "bubble" }, body), DRAFT_TIME, "draft");
}

function showTransient(bubble, time, hook) {
  const stick = stuck;
  const old = $("list").querySelector(".transient");
  const item = el("div", { class: `message theirs transient${old ? " still" : ""}`, "data-testid": hook, "aria-live": "off" }, bubble);
  old ? old.replaceWith(item) : $("list").append(item);
  clearTimeout(transientTimer);
  transientTimer = setTimeout(hideTransient, time);
  if (stick) toBottom("smooth");
}

export function hideTransient() {
  clearTimeout(transientTimer);
  $("list").querySelector(".transient")?.remove();
  $("status").textContent = "bot";
  $("status").classList.remove("active");
}
