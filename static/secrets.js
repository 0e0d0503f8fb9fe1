// Buttons that show what was typed into a password field, and hide it again.
import { $, $$ } from "./dom.js";

export function secrets() {
  for (const button of $$("[data-show]")) {
    const field = $(button.dataset.show);
    const label = $(`label[for="${field.id}"]`)?.textContent ?? "";
    const set = (open) => {
      field.type = open ? "text" : "password";
      button.textContent = open ? "Hide" : "Show";
      button.setAttribute("aria-pressed", open);
    };
    button.hidden = false;
    button.setAttribute("aria-label", `Show: ${label}`);
    button.addEventListener("click", () => set(field.type === "password"));
    field.form.addEventListener("submit", () => set(false));
  }
}
