// Files are dropped on the form, or chosen; their upload shows how far it is.
import { $, say } from "./dom.js";

export function files() {
  const form = $("form[data-drop]");
  if (!form) return;
  const input = $("input[type=file]", form);
  form.addEventListener("submit", (e) => { e.preventDefault(); send(form); });
  input.addEventListener("change", () => problem(form, ""));
  for (const kind of ["dragenter", "dragover"]) form.addEventListener(kind, (e) => {
    if (![...e.dataTransfer.types].includes("Files")) return;
    e.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", (e) => form.contains(e.relatedTarget) || form.classList.remove("over"));
  form.addEventListener("drop", (e) => {
    form.classList.remove("over");
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    input.files = e.dataTransfer.files;
    send(form);
  });
}

// fetch tells nothing of how far a body is sent.
function send(form) {
  if (form.dataset.busy) return;
  const ask = new XMLHttpRequest(), bar = $("progress", form), button = $("button", form), body = new FormData(form);
  if (!$("input[type=file]", form).files.length) return problem(form, "Choose at least one file.");
  form.dataset.busy = "1";
  button.disabled = true;
  problem(form, "");
  bar.classList.remove("hush");
  say("Uploading");
  ask.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; });
  ask.addEventListener("load", () => (ask.status === 201 ? done() : ended(form, detail(ask))));
  ask.addEventListener("error", () => ended(form, "The upload broke off; nothing was uploaded. Send it again."));
  ask.open("POST", form.action);
  ask.setRequestHeader("X-CSRF-Token", $('meta[name="csrf"]').content);
  ask.setRequestHeader("X-Part", "1");
  ask.send(body);
}

function done() {
  history.replaceState(null, "", "#files");
  location.reload();
}

function ended(form, text) {
  delete form.dataset.busy;
  $("button", form).disabled = false;
  $("progress", form).classList.add("hush");
  problem(form, text);
}

function problem(form, text) {
  const box = $("[data-problem]", form);
  box.hidden = !text;
  box.textContent = text;
}

function detail(ask) {
  try { return JSON.parse(ask.responseText).detail || ask.statusText; } catch { return "The upload was refused."; }
}
