/** The check this window runs, and the last one's report. Lives as long as the window, so that changing the page keeps it. */
import { Refusal, type Backend, type CheckOrder } from '../backend';
import type { CheckProgress, CheckReport, ErrorBody } from '../generated';
import type { Seen } from './stages';

export class CheckRun {
  /** A check is under way. */
  running = $state(false);
  progress = $state.raw<CheckProgress | null>(null);
  /** Steps of the check under way, in the order they began. */
  seen = $state.raw<readonly Seen[]>([]);
  report = $state.raw<CheckReport | null>(null);
  failure = $state.raw<ErrorBody | null>(null);
  /** When the check under way began. */
  begun = $state(0);
  private asked = false;

  constructor(private readonly backend: Backend) {}

  /** The last report there is, asked for once. */
  async recall(): Promise<void> {
    if (this.asked || this.report || this.running) return;
    this.asked = true;
    // Nothing to show is no failure: the page says how to get a report.
    const last = await this.backend.lastCheck().catch(() => null);
    this.report ??= last;
  }

  async start(order: CheckOrder): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.failure = null;
    this.progress = null;
    this.seen = [];
    this.begun = Date.now();
    try {
      this.report = await this.backend.check(order, (progress) => { this.take(progress); });
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
    this.progress = progress;
    const { step: id, endpoint, ended, elapsed_ms } = progress;
    const same = (one: Seen) => one.id === id && one.endpoint === endpoint && one.ended === null;
    this.seen = ended
      ? [...this.seen.filter((one) => !same(one)), { id, endpoint, ended, begun: ended.start_ms }]
      : [...this.seen, { id, endpoint, ended: null, begun: elapsed_ms }];
  }
}
