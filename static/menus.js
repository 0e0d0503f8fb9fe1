// One menu is open at a time; Escape or a click elsewhere closes it.
import { $, $$, say } from "./dom.js";

export function menus() {
  const open = () => $$("details.menu[open]");
  addEventListener("click", (e) => open().forEach((d) => d.contains(e.target) || (d.open = false)));
  addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    open().forEach((d) => { const inside = d.contains(document.activeElement); d.open = false; inside && $("summary", d).focus(); });
  });
  addEventListener("toggle", (e) => {
    const d = e.target;
    if (d.matches?.("details.menu[open]")) $("input:not([type=hidden], [type=checkbox])", d)?.focus();
  }, true);
  for (const b of navigator.clipboard ? $$("[data-copy]") : []) {
    b.hidden = false;
    b.addEventListener("click", async () => {
      await navigator.clipboard.writeText($(b.dataset.copy).innerText.trim());
      b.textContent = "Copied";
      say("Copied");
    });
  }
}
