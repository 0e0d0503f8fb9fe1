// A part of a page that waits for something asks again until it is there.
import { $, parse, morph, say } from "./dom.js";
import { times } from "./times.js";

export function follow() {
  const part = $("[data-await]");
  const again = () => part.dataset.await && setTimeout(ask, 2000);
  async function ask() {
    const answer = !document.hidden && await fetch(part.dataset.await, { headers: { "X-Part": "1" } }).catch(() => null);
    if (answer && answer.ok && !answer.redirected) show(parse(await answer.text()).firstElementChild);
    again();
  }
  function show(next) {
    const said = part.dataset.said;
    morph(part, next);
    times(part);
    if (part.dataset.said !== said) say(part.dataset.said);
  }
  again();
}
