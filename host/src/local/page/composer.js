// The line where one writes: the box, the command menu, attachments, and editing of an own message.

import * as server from "./server.js";
import { el, fileSize, icon } from "./entities.js";
import { toast } from "./overlays.js";
import { lastOwn } from "./messages.js";

const $ = (id) => document.getElementById(id);
const box = $("box");

/** Telegram's bound on one message; apps cut longer texts into several. */
const MAX_TEXT = 4096;
const MAX_FILE = 50 * 1024 * 1024;

let person = null;
let commands = [];
let shown = [];
let active = -1;
/** {file, photo, url} or null. */
let attachment = null;
let editing = null;
const drafts = new Map();
let onSent = () => {};

export function setUp(sent) {
  onSent = sent;
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("input", () => { fit(); suggest(); });
  box.addEventListener("keydown", key);
  box.addEventListener("blur", () => setTimeout(() => [box, $("slash")].includes(document.activeElement) || closeMenu(), 150));
  box.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files][0];
    if (file) { event.preventDefault(); attach(file); }
  });
  $("slash").addEventListener("click", () => {
    const opening = $("commands").hidden;
    focus();
    opening ? openMenu(commands) : closeMenu();
  });
  $("attach").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => { if ($("file").files[0]) attach($("file").files[0]); $("file").value = ""; });
  setUpDrop();
  fit();
}

export function focus() {
  box.focus({ preventScroll: true });
}

/** Changes to another person's chat; what was being written waits there. */
export function showFor(whose) {
  if (person !== null) drafts.set(person, editing ? "" : box.value);
  cancelExtra();
  person = whose;
  box.value = drafts.get(person) ?? "";
  fit();
  closeMenu();
}

export function setCommands(list) {
  commands = list;
  $("slash").classList.toggle("faint", !list.length);
  if (!$("commands").hidden) suggest();
}

export async function sendText(text) {
  try {
    for (const part of split(text)) onSent((await server.send(person, part)).message);
    return true;
  } catch (error) {
    toast(error instanceof TypeError ? "Not sent: no connection to the server." : `Not sent: ${error.message}`, "error");
    return false;
  }
}

export function edit(message) {
  cancelExtra();
  editing = message;
  box.value = message.text;
  showExtra("Edit message", message.text, null, icon("edit"));
  fit();
  focus();
}

/** Closes what is open, innermost first; says whether anything was. */
export function escape() {
  if (!$("commands").hidden) { closeMenu(); return true; }
  if (editing || attachment) { cancelExtra(); return true; }
  return false;
}

async function submit() {
  const text = box.value.trim();
  if (!text && !attachment) return focus();
  const before = { text: box.value, attachment, editing };
  const whose = person;
  attachment = null;
  editing = null;
  $("extra").hidden = true;
  box.placeholder = "Write a message";
  box.value = "";
  fit();
  closeMenu();
  focus();
  let done = true;
  if (before.attachment) done = await sendFile(whose, before.attachment, text);
  else if (before.editing) done = await sendEdit(whose, before.editing, text);
  else done = await sendText(text);
  if (done || person !== whose || box.value) return;
  // Nothing that was written gets lost.
  if (before.attachment) attach(before.attachment.file);
  if (before.editing) edit(before.editing);
  box.value = before.text;
  fit();
}

async function sendFile(whose, { file, photo, url }, caption) {
  const voice = /^audio\/ogg/.test(file.type);
  try {
    onSent((await server.upload(whose, file, photo ? "photo" : voice ? "voice" : "document", caption)).message);
    if (url) URL.revokeObjectURL(url);
    return true;
  } catch (error) {
    toast(`Not sent: ${error.message}`, "error");
    return false;
  }
}

async function sendEdit(whose, message, text) {
  if (text === message.text || !text) return true;
  try {
    onSent((await server.edit(whose, message.message_id, text)).message);
    return true;
  } catch (error) {
    toast(`Not changed: ${error.message}`, "error");
    return false;
  }
}

/** Cuts a long text at line ends or spaces, never through a surrogate pair. */
function split(text) {
  const parts = [];
  while (text.length > MAX_TEXT) {
    const head = text.slice(0, MAX_TEXT);
    let at = Math.max(head.lastIndexOf("\n"), head.lastIndexOf(" "));
    if (at < MAX_TEXT / 2) at = /[\ud800-\udbff]$/.test(head) ? MAX_TEXT - 1 : MAX_TEXT;
    parts.push(text.slice(0, at));
    text = text.slice(at).trimStart();
  }
  if (text) parts.push(text);
  return parts;
}

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
  $("send").classList.toggle("ready", Boolean(box.value.trim() || attachment));
}

function key(event) {
  const menu = !$("commands").hidden;
  if (event.isComposing) return;
  if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    mark((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
  } else if (menu && event.key === "Tab" && !event.shiftKey && shown[active]) {
    event.preventDefault();
    fill(shown[active].command);
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (menu && shown[active]) choose(shown[active].command);
    else submit();
  } else if (event.key === "ArrowUp" && !box.value && !attachment) {
    const own = lastOwn();
    if (own) { event.preventDefault(); edit(own); }
  }
}

// The command menu

function suggest() {
  const typed = /^\/([a-z0-9_]*)$/i.exec(box.value);
  if (!typed || editing) return closeMenu();
  const start = typed[1].toLowerCase();
  const rank = ({ command }) => (command === start ? 0 : 1);
  openMenu(commands.filter(({ command }) => command.startsWith(start)).sort((a, b) => rank(a) - rank(b)));
}

function openMenu(list) {
  shown = list;
  if (!list.length) {
    if (box.value || commands.length) return closeMenu();
    return toast("The bot has not published any commands.");
  }
  $("commands").replaceChildren(...list.map(({ command, description }, index) =>
    el("li", {
      id: `command-${index}`, role: "option", "data-testid": "command-option", "data-command": command,
      // Before the box loses its focus.
      onmousedown: (event) => { event.preventDefault(); choose(command); },
      onmousemove: () => mark(index, false),
    }, el("b", {}, `/${command}`), el("span", {}, description))));
  $("commands").hidden = false;
  $("slash").setAttribute("aria-expanded", "true");
  mark(0);
}

function mark(index, scroll = true) {
  active = index;
  [...$("commands").children].forEach((node, at) => {
    node.setAttribute("aria-selected", at === index ? "true" : "false");
    if (at === index && scroll) node.scrollIntoView({ block: "nearest" });
  });
  box.setAttribute("aria-activedescendant", `command-${index}`);
}

function closeMenu() {
  $("commands").hidden = true;
  active = -1;
  box.removeAttribute("aria-activedescendant");
  $("slash").setAttribute("aria-expanded", "false");
}

function choose(command) {
  box.value = `/${command}`;
  submit();
}

function fill(command) {
  box.value = `/${command} `;
  fit();
  closeMenu();
}

// Attachments

function attach(file) {
  cancelExtra(true);
  if (file.size > MAX_FILE) return toast("Telegram takes files up to 50 MB.", "error");
  const image = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  const url = image ? URL.createObjectURL(file) : null;
  attachment = { file, photo: image, url };
  const picture = image ? el("img", { src: url, alt: "" }) : icon("file");
  const asFile = image ? el("label", {},
    el("input", { type: "checkbox", onchange: (event) => { attachment.photo = !event.target.checked; focus(); } }), "as a file") : null;
  showExtra(file.name || "Pasted picture", fileSize(file.size), asFile, picture);
  box.placeholder = "Add a caption";
  fit();
  focus();
}

function showExtra(title, detail, control, picture) {
  const cancel = el("button", { class: "tool", type: "button", "aria-label": "Cancel", onclick: () => { cancelExtra(); focus(); } }, icon("close"));
  $("extra").replaceChildren(
    el("span", { class: "extra-picture" }, picture),
    el("span", { class: "extra-text" }, el("b", {}, title), el("span", {}, detail)),
    ...(control ? [control] : []), cancel);
  $("extra").hidden = false;
}

function cancelExtra(keepText = false) {
  if (editing && !keepText) box.value = "";
  if (attachment?.url) URL.revokeObjectURL(attachment.url);
  attachment = null;
  editing = null;
  $("extra").hidden = true;
  box.placeholder = "Write a message";
  fit();
}

function setUpDrop() {
  const chat = $("chat");
  let depth = 0;
  const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const show = (change) => { depth = Math.max(0, depth + change); $("drop").hidden = depth === 0; };
  chat.addEventListener("dragenter", (event) => files(event) && show(1));
  chat.addEventListener("dragleave", (event) => files(event) && show(-1));
  // Anywhere else the browser would leave the page for the file.
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => files(event) && event.preventDefault());
  chat.addEventListener("drop", (event) => {
    show(-depth);
    if (event.dataTransfer.files[0]) attach(event.dataTransfer.files[0]);
  });
}
