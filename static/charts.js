// Charts of metrics. The page has a drawing and a table of each already; this puts a
// chart in the drawing's place, which follows the run while it logs.
import { $, $$ } from "./dom.js";

const colours = ["--running", "--passed", "--warning", "--failed", "--sign", "--stale", "--muted"];
const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const every = 5000; // milliseconds between two looks at a run under way

// library loads uPlot once. It is a classic script, not a module.
let loading;
function library() {
  return (loading ||= new Promise((done, failed) => {
    const s = document.createElement("script");
    s.src = new URL("./vendor/uplot.js", import.meta.url);
    s.onload = () => done(window.uPlot);
    s.onerror = failed;
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = new URL("./vendor/uplot.css", import.meta.url);
    document.head.append(css, s);
  }));
}

export async function charts(part = $("[data-charts]")) {
  const uPlot = await library();
  const tools = $(".chart-tools", part), how = { axis: "step", log: false, smooth: 0 };
  const list = $$("[data-chart]", part).map((el) => chart(el, how, uPlot));
  if (tools) {
    tools.hidden = false;
    const again = () => list.forEach((c) => c.draw());
    $("[data-axis]", tools).addEventListener("change", (e) => { how.axis = e.target.value; again(); });
    $("[data-log]", tools).addEventListener("change", (e) => { how.log = e.target.checked; again(); });
    $("[data-smooth]", tools).addEventListener("input", (e) => { how.smooth = +e.target.value; again(); });
  }
  const seen = new IntersectionObserver((entries) => entries.forEach((e) => e.isIntersecting && (seen.unobserve(e.target), list.find((c) => c.el === e.target).load())), { rootMargin: "300px" });
  list.forEach((c) => seen.observe(c.el));
  if (part.hasAttribute("data-live")) setInterval(() => document.hidden || list.forEach((c) => c.loaded && c.load()), every);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => list.forEach((c) => c.draw(true)));
  let resizing = 0;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => list.forEach((c) => c.size()), 150); });
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// chart is one figure: data-chart names where each of its lines comes from.
function chart(el, how, uPlot) {
  const lines = el.dataset.chart.split(" ").map((url, n) => ({ url, label: (el.dataset.labels || el.dataset.name).split("\n")[n] || el.dataset.name }));
  const plot = $(".plot", el), c = { el, loaded: false };
  let drawn = null, drawnAs = "", answers = [];

  c.load = async () => {
    c.loaded = true;
    const got = await Promise.all(lines.map((l) => fetch(`${l.url}?points=${Math.max(200, Math.min(2000, plot.clientWidth * 2))}`).then((a) => (a.ok ? a.json() : null)).catch(() => null)));
    if (got.every((g) => !g)) return; // what is drawn stays
    answers = got;
    c.draw();
  };
  c.size = () => drawn?.setSize({ width: plot.clientWidth, height: plot.clientHeight || 220 });

  c.draw = (anew) => {
    if (!answers.length) return;
    const data = uPlot.join(answers.map((a) => columns(a, how)));
    const as = `${how.axis} ${how.log}`;
    if (drawn && !anew && as === drawnAs) return drawn.setData(data);
    drawn?.destroy();
    plot.replaceChildren();
    plot.classList.add("drawn");
    drawnAs = as;
    drawn = new uPlot(options(el, plot, lines, how, data), data, plot);
  };
  return c;
}

// columns are one line's points for an axis, smoothed.
function columns(answer, how) {
  if (!answer) return [[], []];
  const start = answer.times[0] || 0;
  const at = { step: (n) => answer.steps[n], relative: (n) => (answer.times[n] - start) / 1000, time: (n) => answer.times[n] / 1000 }[how.axis];
  const points = answer.values.map((v, n) => [at(n), v]).sort((a, b) => a[0] - b[0]);
  let last = null;
  const xs = [], ys = [];
  for (const [x, v] of points) {
    last = v === null ? null : last === null ? v : how.smooth * last + (1 - how.smooth) * v;
    if (xs.length && xs[xs.length - 1] === x) { ys[ys.length - 1] = last; continue; } // one value for each place
    xs.push(x);
    ys.push(last);
  }
  return [xs, ys];
}

function options(el, plot, lines, how, data) {
  const text = style("--muted"), grid = style("--hairline");
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, font: "12px system-ui" };
  const positive = data.slice(1).every((ys) => ys.every((v) => v == null || v > 0));
  return {
    width: plot.clientWidth, height: 220, padding: [8, 12, 0, 0],
    cursor: { drag: { x: true, y: false }, focus: { prox: 24 } },
    legend: { live: true },
    scales: { x: { time: how.axis === "time" }, y: { distr: how.log && positive ? 3 : 1 } },
    axes: [{ ...axis, values: how.axis === "relative" ? (_, ticks) => ticks.map(duration) : undefined }, { ...axis, size: 60 }],
    series: [{ label: { step: "Step", relative: "After", time: "At" }[how.axis], value: how.axis === "relative" ? (_, v) => (v == null ? "–" : duration(v)) : undefined },
      ...lines.map((l, n) => ({ label: l.label, stroke: style(colours[n % colours.length]), dash: dashes[Math.floor(n / colours.length) % dashes.length], width: 1.5,
        points: { show: data[0].length < 30 }, spanGaps: lines.length > 1, value: (_, v) => (v == null ? "–" : +v.toPrecision(6)) }))],
  };
}

function duration(s) {
  if (s < 60) return `${+s.toFixed(1)} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${+(s / 3600).toFixed(1)} h`;
}
