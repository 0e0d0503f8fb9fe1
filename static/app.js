// The page works without any of this; the script makes it quicker.
import { times, exact } from "./times.js";
import { menus } from "./menus.js";
import { keys } from "./keys.js";

times(document);
setInterval(() => document.hidden || times(document), 30000);
addEventListener("beforeprint", () => exact(document));
addEventListener("afterprint", () => times(document));
menus();
keys();
document.querySelector("[data-focus]")?.focus();

if (document.querySelector(".board-page")) {
  const [{ board }, { live }] = await Promise.all([import("./board.js"), import("./live.js")]);
  live(board());
}
