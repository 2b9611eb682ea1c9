/**
 * Messages while somebody looks at them. Listens first, then loads what the agent kept, and shows at most ten new
 * pictures a second however many messages come. The agent's ring is the truth; this is thrown away on leaving.
 */
import type { ReceivedMessage } from '../generated';
import type { AgentState } from '../state/agent.svelte';
import { entry, keepNewest, mergeLoaded, type Entry } from './entries';

const FRAME_MS = 100;
/** Requests for rings at the same time. */
const LOADERS = 4;

export class Inbox {
  entries = $state.raw<Entry[]>([]);
  /** While true the list stands still. */
  held = $state(false);
  /** Messages that came since it stands still. */
  withheld = $state(0);
  loadFailed = $state(false);
  loading = $state(true);

  private all: Entry[] = [];
  private arrivals: Entry[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private load = 0;

  constructor(private readonly agent: AgentState) {}

  /** Listens until the returned function is called. */
  start(): () => void {
    const stop = this.agent.onMessages((messages) => {
      this.receive(messages);
    });
    return () => {
      stop();
      this.load += 1;
      if (this.timer !== null) clearTimeout(this.timer);
    };
  }

  /** Loads every endpoint's ring anew; called again when the agent came back. */
  async reload(endpoints: readonly string[]): Promise<void> {
    this.load += 1;
    const load = this.load;
    this.all = [];
    this.loadFailed = false;
    const waiting = [...endpoints];
    const loaded: ReceivedMessage[] = [];
    let failed = false;
    const worker = async () => {
      for (let id = waiting.shift(); id !== undefined && load === this.load; id = waiting.shift()) {
        try {
          loaded.push(...(await this.agent.backend.messages(id, 100)));
        } catch {
          failed = true;
        }
      }
    };
    await Promise.all(Array.from({ length: LOADERS }, worker));
    if (load !== this.load) return;
    this.all = mergeLoaded(loaded, [...this.arrivals, ...this.all.toReversed()]);
    this.arrivals = [];
    this.loadFailed = failed;
    this.loading = false;
    this.show();
  }

  hold(held: boolean): void {
    this.held = held;
    this.withheld = 0;
    this.show();
  }

  private receive(messages: ReceivedMessage[]): void {
    for (const message of messages) this.arrivals.push(entry(message));
    if (this.held) this.withheld += messages.length;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.show();
    }, FRAME_MS);
  }

  private show(): void {
    if (this.arrivals.length > 0) {
      this.all = keepNewest(this.arrivals, this.all);
      this.arrivals = [];
    }
    if (!this.held) this.entries = this.all;
  }
}
