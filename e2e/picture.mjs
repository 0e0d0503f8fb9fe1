// Makes docs/board.png and its dark twin from the demo.
import { resolve } from "node:path";
import { Hub, until } from "./hub.mjs";
import { launch, login, open } from "./chromium.mjs";

const hub = await Hub.start("demo", "--still");
await until(() => /curl -X POST/.test(hub.output), "the story", 120000);
const browser = await launch();
for (const [scheme, file] of [["light", "board.png"], ["dark", "board-dark.png"]]) {
  const page = await open(browser, { colorScheme: scheme, viewport: { width: 1440, height: 860 } });
  await login(page, hub, hub.output.match(/Sign in\s+(\S+)/)[1], hub.output.match(/Password\s+(\S+)/)[1]);
  for (const [path, name] of [["/projects/FRAUD/board", file], ["/throughline/production/fraud-score", file.replace("board", "line")]]) {
    await page.goto(hub.address + path);
    await page.waitForTimeout(600);
    await page.screenshot({ path: resolve(import.meta.dirname, "../docs", name) });
  }
  await page.context().close();
}
await browser.close();
await hub.close();
