const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const hoursPerDay = 24;
const hoursPerWeek = 7 * hoursPerDay;
const hoursPerMonth = 30 * hoursPerDay;
const hoursPerYear = 365 * hoursPerDay;

/** A duration in Docker's words (go-units `HumanDuration`), which clients parse: "About a minute", "3 hours". */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / secondMs);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${String(seconds)} seconds`;
  const minutes = Math.trunc(durationMs / minuteMs);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${String(minutes)} minutes`;
  return humanHours(durationMs);
}

function humanHours(durationMs: number): string {
  const hours = Math.trunc(durationMs / hourMs + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 2 * hoursPerDay) return `${String(hours)} hours`;
  if (hours < 2 * hoursPerWeek) return `${countOf(hours, hoursPerDay)} days`;
  if (hours < 2 * hoursPerMonth) return `${countOf(hours, hoursPerWeek)} weeks`;
  if (hours < 2 * hoursPerYear) return `${countOf(hours, hoursPerMonth)} months`;
  return `${countOf(Math.trunc(durationMs / hourMs), hoursPerYear)} years`;
}

function countOf(hours: number, unitHours: number): string {
  return String(Math.trunc(hours / unitHours));
}

/** How long ago `atMs` was, as in "5 seconds ago". A time in the future counts as now. */
export function humanAgo(atMs: number, nowMs: number): string {
  return `${humanDuration(nowMs - atMs).toLowerCase()} ago`;
}
