// Boxes that show what was typed into a password field, and hide it again.
import { $, $$ } from "./dom.js";

export function secrets() {
  for (const box of $$("[data-show]")) {
    const field = $(box.dataset.show);
    const set = (open) => { box.checked = open; field.type = open ? "text" : "password"; };
    box.closest("label").hidden = false;
    set(false);
    box.addEventListener("change", () => set(box.checked));
    field.form.addEventListener("submit", () => set(false));
  }
}
