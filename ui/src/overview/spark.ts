/** Response times as an SVG path in a box of 110 × 22. Pure. */
const WIDTH = 110;
const HEIGHT = 22;
/** The agent keeps this many samples. */
const MOST = 60;
/** A shorter history does not fill the box, or two samples would look like a trend. */
const FULL_FROM = 20;
/** Differences below this many ms are noise. */
const NOISE = 5;

export function sparkPath(values: readonly number[]): string {
  const shown = values.slice(-MOST).filter((value) => Number.isFinite(value));
  if (shown.length < 2) return '';
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  // A steady line looks steady: a small range is not blown up.
  const range = Math.max(high - low, high / 4, NOISE);
  const step = WIDTH / (Math.max(shown.length, FULL_FROM) - 1);
  const start = WIDTH - (shown.length - 1) * step;
  return shown
    .map((value, i) => {
      const x = (start + i * step).toFixed(1);
      const y = (HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4)).toFixed(1);
      return `${i === 0 ? 'M' : 'L'}${x} ${y}`;
    })
    .join('');
}
