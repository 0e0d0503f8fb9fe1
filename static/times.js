// Moments become "3 h ago"; the title keeps them in full.
const units = [[60, "s", 1], [3600, "min", 60], [86400, "h", 3600], [30 * 86400, "d", 86400]];

export function ago(then, now = Date.now()) {
  const s = Math.round((now - then) / 1000);
  if (s < 10 && s > -10) return "now";
  const unit = units.find(([limit]) => Math.abs(s) < limit);
  if (!unit) return null;
  const n = `${Math.floor(Math.abs(s) / unit[2])} ${unit[1]}`;
  return s < 0 ? `in ${n}` : `${n} ago`;
}

export function times(root) {
  const now = Date.now();
  for (const t of root.querySelectorAll("time[datetime]:not([data-exact])")) {
    const text = ago(Date.parse(t.dateTime), now);
    if (text && t.textContent !== text) t.textContent = text;
  }
}

// exact writes them in full, for paper.
export function exact(root) {
  for (const t of root.querySelectorAll("time[title]")) t.textContent = t.title;
}
