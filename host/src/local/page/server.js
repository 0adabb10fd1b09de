// The page's only way to the server: requests under /chat/, and one stream of events.

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.description || `The server said ${response.status}`);
  return body;
}

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const people = () => ask("/chat/people");
export const history = (person, limit) => ask(`/chat/history?person=${person}${limit ? `&limit=${limit}` : ""}`);
export const commands = (person) => ask(`/chat/commands?person=${person}`);
export const calls = (since) => ask(`/chat/calls?since=${since}`);
export const send = (person, text) => post("/chat/message", { person, text });
export const edit = (person, message_id, text) => post("/chat/edit", { person, message_id, text });
export const press = (person, message_id, data) => post("/chat/press", { person, message_id, data });
export const fileUrl = (id) => `/chat/file/${encodeURIComponent(id)}`;

export function upload(person, file, kind, caption) {
  const form = new FormData();
  form.append("person", person);
  form.append("kind", kind);
  form.append("caption", caption);
  form.append("file", file, file.name || "file");
  return ask("/chat/upload", { method: "POST", body: form });
}

const EVENTS = ["message", "edit", "delete", "action", "draft", "answer", "commands", "failed", "reload"];

/** Listens to all chats; `opened` runs at every (re)connection, `lost` when it breaks. */
export function listen(handle, opened, lost) {
  const source = new EventSource("/chat/events");
  source.onopen = opened;
  source.onerror = () => {
    lost();
    // The browser tries again by itself, unless the server refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(handle, opened, lost), 1500);
  };
  for (const name of EVENTS) source.addEventListener(name, (event) => handle(name, JSON.parse(event.data)));
}
