/** Hands on the newest value at once, then at most one per interval. Values in between are dropped: the newest replaces them. */
export class Throttle<T> {
  private waiting: { value: T } | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly interval: number,
    private readonly hand: (value: T) => void,
  ) {}

  put(value: T): void {
    if (this.timer !== null) {
      this.waiting = { value };
      return;
    }
    this.hand(value);
    this.timer = setTimeout(() => {
      this.timer = null;
      const { waiting } = this;
      this.waiting = null;
      if (waiting) this.put(waiting.value);
    }, this.interval);
  }
}
