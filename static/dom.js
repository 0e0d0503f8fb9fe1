// Small helpers that every part shares.
export const $ = (sel, root = document) => root.querySelector(sel);
export const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];

export function post(url, fields) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRF-Token": $('meta[name="csrf"]').content, "X-Part": "1" },
    body: new URLSearchParams(fields),
  });
}

export function parse(html) {
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content;
}

// say tells screen readers, at most once in five seconds; what came meanwhile
// is merged into one sentence.
let waiting = [], timer = 0, last = 0;
export function say(text) {
  waiting.push(text);
  if (timer) return;
  timer = setTimeout(() => {
    $("#status").textContent = waiting.length > 2 ? `${waiting.length} changes; the last: ${waiting.at(-1)}` : waiting.join(". ");
    waiting = []; timer = 0; last = Date.now();
  }, Math.max(50, last + 5000 - Date.now()));
}

export function alarm(text) {
  const box = $("#alert");
  if (box.textContent !== text) box.textContent = text;
}

// toast shows what happened, with one thing to do about it; it stays while it
// has the pointer or the focus, and eight seconds at least.
export function toast(text, label, action) {
  const box = document.createElement("div");
  box.className = "toast";
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: label || "Close" });
  button.addEventListener("click", () => { box.remove(); action?.(); });
  box.append(button);
  $("#toasts").replaceChildren(box);
  const leave = () => box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove();
  setTimeout(leave, 8000);
}

// morph makes one element like another and touches only what differs, so that
// focus, selection and open menus stay. It tells whether any text changed.
export function morph(from, to) {
  let changed = false;
  for (const a of [...from.attributes]) if (!to.hasAttribute(a.name) && !keep.has(a.name)) from.removeAttribute(a.name);
  for (const a of to.attributes) if (from.getAttribute(a.name) !== a.value && a.name !== "class") from.setAttribute(a.name, a.value);
  if (from.namespaceURI.endsWith("xhtml") && !from.matches(".card") && from.className !== to.className) from.className = to.className;
  const olds = [...from.childNodes], news = [...to.childNodes];
  news.forEach((n, i) => {
    const o = olds[i];
    if (!o) { from.append(n); changed = true; }
    else if (o.nodeType !== n.nodeType || o.nodeName !== n.nodeName) { o.replaceWith(n); changed = true; }
    else if (n.nodeType === 3) {
      if (o.data !== n.data && !(o.parentNode.nodeName === "TIME")) { o.data = n.data; changed = true; }
    } else if (n.nodeType === 1 && !o.isEqualNode(n)) changed = morph(o, n) || changed;
  });
  olds.slice(news.length).forEach((o) => { o.remove(); changed = true; });
  return changed;
}
const keep = new Set(["class", "data-gone", "tabindex"]);
