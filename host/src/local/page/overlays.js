// What lies over the chat: short toasts, alerts that want an OK, and the enlarged photo.

import { el } from "./entities.js";

const $ = (id) => document.getElementById(id);

/** Shows a short notice; `kind` is "error" for what went wrong. */
export function toast(text, kind = "") {
  const node = el("div", { class: `toast ${kind}`, "data-testid": "toast" }, text);
  $("toasts").append(node);
  while ($("toasts").childElementCount > 3) $("toasts").firstChild.remove();
  setTimeout(() => node.classList.add("leaving"), 3600 + 40 * Math.min(text.length, 100));
  setTimeout(() => node.remove(), 4000 + 40 * Math.min(text.length, 100));
}

const waiting = [];

/** Shows an alert; several come one after the other. */
export function alertBox(text) {
  waiting.push(text);
  if (!$("alert").open) next();
}

function next() {
  const text = waiting.shift();
  if (text === undefined) return;
  $("alert-text").textContent = text;
  $("alert").showModal();
}

export function enlarge(url, description) {
  const image = $("lightbox-image");
  image.src = url;
  image.alt = description;
  $("lightbox").showModal();
}

export function setUp(focusBox) {
  $("alert").addEventListener("close", () => {
    next();
    if (!$("alert").open) focusBox();
  });
  // A click anywhere closes the photo; Escape does by itself.
  $("lightbox").addEventListener("click", () => $("lightbox").close());
  $("lightbox").addEventListener("close", () => {
    $("lightbox-image").removeAttribute("src");
    focusBox();
  });
}
