/** The check this window runs, and the last one's report. Lives as long as the window, so that changing the page keeps it. */
import { Refusal, type Backend, type CheckOrder } from '../backend';
import type { CheckProgress, CheckReport, ErrorBody } from '../generated';
import { Throttle } from '../state/throttle';
import type { Seen } from './stages';

/** A hundred connections tell of a thousand steps a second. */
const DRAWN_EVERY_MS = 80;

export class CheckRun {
  /** A check is under way. */
  running = $state(false);
  progress = $state.raw<CheckProgress | null>(null);
  /** Steps of the check under way, in the order they began. */
  seen = $state.raw<readonly Seen[]>([]);
  report = $state.raw<CheckReport | null>(null);
  /** The report came of a check that this window asked for, just now. */
  fresh = $state(false);
  failure = $state.raw<ErrorBody | null>(null);
  /** What is checked, or was last. */
  order = $state.raw<CheckOrder>({ mode: 'quick', endpoints: [] });
  /** When the check under way began. */
  begun = $state(0);
  /** It is known whether there was a report. */
  recalled = $state(false);
  private asked = false;
  private steps: Seen[] = [];
  private readonly drawn = new Throttle<CheckProgress>(DRAWN_EVERY_MS, (progress) => {
    if (!this.running) return;
    this.progress = progress;
    this.seen = [...this.steps];
  });

  constructor(private readonly backend: Backend) {}

  /** The last report there is, asked for once. */
  async recall(): Promise<void> {
    if (this.asked || this.report || this.running) return;
    this.asked = true;
    // Nothing to show is no failure: the page says how to get a report.
    const last = await this.backend.lastCheck().catch(() => null);
    this.report ??= last;
    this.recalled = true;
  }

  async start(order: CheckOrder): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.fresh = false;
    this.failure = null;
    this.progress = null;
    this.seen = [];
    this.steps = [];
    this.order = order;
    this.begun = Date.now();
    try {
      this.report = await this.backend.check(order, (progress) => { this.take(progress); });
      this.fresh = true;
    } catch (thrown) {
      this.failure = Refusal.from(thrown).body;
    } finally {
      this.running = false;
    }
  }

  /** Ends the check; what is done comes as its report. */
  async cancel(): Promise<void> {
    // The check may just have ended by itself.
    if (this.running) await this.backend.cancelCheck().catch(() => undefined);
  }

  private take(progress: CheckProgress): void {
    const { step: id, endpoint, ended, elapsed_ms } = progress;
    const at = this.steps.findIndex((one) => one.id === id && one.endpoint === endpoint && one.ended === null);
    if (!ended) this.steps.push({ id, endpoint, ended: null, begun: elapsed_ms });
    else this.steps.splice(at < 0 ? this.steps.length : at, at < 0 ? 0 : 1, { id, endpoint, ended, begun: ended.start_ms });
    this.drawn.put(progress);
  }
}
