const nanosecondsPerSecond = 1e9;

/** A duration of the API as Go writes it: `5s`, `1m30s`, `1.5s`, `250ms`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (Math.abs(nanoseconds) < nanosecondsPerSecond) return shortDuration(nanoseconds);
  const sign = nanoseconds < 0 ? '-' : '';
  const total = Math.abs(nanoseconds);
  const hours = Math.floor(total / (3600 * nanosecondsPerSecond));
  const minutes = Math.floor(total / (60 * nanosecondsPerSecond)) % 60;
  const rest = total % (60 * nanosecondsPerSecond);
  const seconds = `${String(rest / nanosecondsPerSecond)}s`;
  if (hours > 0) return `${sign}${String(hours)}h${String(minutes)}m${seconds}`;
  return minutes > 0 ? `${sign}${String(minutes)}m${seconds}` : `${sign}${seconds}`;
}

function shortDuration(nanoseconds: number): string {
  const size = Math.abs(nanoseconds);
  if (size < 1e3) return `${String(nanoseconds)}ns`;
  return size < 1e6 ? `${String(nanoseconds / 1e3)}µs` : `${String(nanoseconds / 1e6)}ms`;
}

const byteUnits: readonly string[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes as Docker's client writes them (go-units `BytesSize`): four significant digits, such as `1.944GiB`. */
export function humanBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < byteUnits.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${String(Number(size.toPrecision(4)))}${byteUnits[unit] ?? ''}`;
}
