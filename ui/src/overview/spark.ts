/** Response times as an SVG path in a box of 110 × 22. Pure. */
const WIDTH = 110;
const HEIGHT = 22;
/** The agent keeps this many samples; a shorter history starts further right. */
const SAMPLES = 60;

export function sparkPath(values: readonly number[]): string {
  const shown = values.slice(-SAMPLES).filter((value) => Number.isFinite(value));
  if (shown.length < 2) return '';
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  // A steady line looks steady: a range below a quarter of the level is not blown up.
  const range = Math.max(high - low, high / 4, 0.2);
  const step = WIDTH / (SAMPLES - 1);
  const start = WIDTH - (shown.length - 1) * step;
  return shown
    .map((value, i) => {
      const x = (start + i * step).toFixed(1);
      const y = (HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4)).toFixed(1);
      return `${i === 0 ? 'M' : 'L'}${x} ${y}`;
    })
    .join('');
}
