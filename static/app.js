// The page works without any of this; the script makes it quicker.
import { times, exact } from "./times.js";
import { menus } from "./menus.js";
import { keys } from "./keys.js";
import { secrets } from "./secrets.js";
import { files } from "./files.js";

// The address that MLflow's clients print leads to the run's page.
const printed = location.hash.match(/^#\/experiments\/[^/?]+(?:\/runs\/([\w-]+))?/);
if (printed) location.replace(printed[1] ? `/runs/${printed[1]}` : "/runs");

times(document);
setInterval(() => document.hidden || times(document), 30000);
addEventListener("beforeprint", () => exact(document));
addEventListener("afterprint", () => times(document));
menus();
keys();
secrets();
files();
document.querySelector("[data-focus]")?.focus();

if (document.querySelector(".board-page")) {
  const [{ board }, { live }] = await Promise.all([import("./board.js"), import("./live.js")]);
  live(board());
}
if (document.querySelector("[data-passkey], [data-no-passkey]")) (await import("./passkeys.js")).passkeys();
if (document.querySelector("[data-await]")) (await import("./await.js")).follow();
if (document.querySelector("[data-charts]")) (await import("./charts.js")).charts();
