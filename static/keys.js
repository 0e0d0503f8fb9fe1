// Shortcuts of single letters: never inside inputs, off by the choice in Help.
import { $, $$ } from "./dom.js";

export const off = () => localStorage.getItem("shortcuts") === "off";
const typing = (el) => el.closest("input, textarea, select, [contenteditable]");
const places = { h: "/", r: "/runs", m: "/models", d: "/deployments", t: "/throughline", p: "/pulls" };
let going = 0;

export const onKey = {}; // the board adds its own

export function keys() {
  addEventListener("keydown", (e) => {
    if (off() || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || $("dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const to = e.key === "b" ? $('.rail a[href$="/board"]')?.href : places[e.key];
      if (to) { e.preventDefault(); location.assign(to); }
      return;
    }
    const act = onKey[e.key] || common[e.key];
    if (act && act(e) !== false) e.preventDefault();
  });
  const box = $("#shortcuts");
  if (box) {
    box.checked = !off();
    box.disabled = false;
    box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));
  }
}

const common = {
  "/": () => $("#q").focus(),
  g: () => { going = Date.now(); },
  "?": help,
};

async function help() {
  let d = $("#help-dialog");
  if (!d) {
    const page = new DOMParser().parseFromString(await (await fetch("/help")).text(), "text/html");
    d = document.createElement("dialog");
    d.id = "help-dialog";
    d.setAttribute("aria-label", "Shortcuts");
    const close = Object.assign(document.createElement("button"), { textContent: "Close", autofocus: true });
    const form = Object.assign(document.createElement("form"), { method: "dialog" });
    form.append(...$$("#keys > *", page), close);
    d.append(form);
    document.body.append(d);
  }
  d.showModal();
}
