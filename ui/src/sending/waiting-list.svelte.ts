/**
 * The messages that wait for one endpoint, a page at a time: however many there are, only one page is ever here, and it is
 * read again no oftener than every two seconds while they come and go. The agent's buffer is the truth.
 */
import { SvelteSet } from 'svelte/reactivity';
import { Refusal, type Backend, type WaitingMessage } from '../backend';
import type { EndpointId, ErrorBody } from '../generated';
import { Throttle } from '../state/throttle';

const AGAIN_MS = 2_000;

/** The message whose beginning is looked at. */
export interface Look {
  seq: number;
  /** `null` while it is fetched. */
  head: string | null;
  /** It has left, or its content could not be had. */
  gone: boolean;
}

export class WaitingList {
  /** `null` until something has come. */
  messages = $state.raw<readonly WaitingMessage[] | null>(null);
  look = $state.raw<Look | null>(null);
  loadFailed = $state(false);
  /** Why the last order failed. */
  failure = $state.raw<ErrorBody | null>(null);
  /** Orders under way, by message; `*` for all. */
  readonly busy = new SvelteSet<string>();
  private next = $state.raw<number | null>(null);
  /** The places behind which the pages up to this one begin. */
  private starts = $state.raw<readonly number[]>([0]);
  private asked = 0;
  private readonly again = new Throttle<null>(AGAIN_MS, () => void this.load());

  constructor(
    private readonly backend: Pick<Backend, 'waiting' | 'waitingHead' | 'discardWaiting'>,
    private readonly endpoint: EndpointId,
  ) {}

  get isFirst(): boolean {
    return this.starts.length === 1;
  }

  get isLast(): boolean {
    return this.next === null;
  }

  /** Something came or went. */
  changed(): void {
    this.again.put(null);
  }

  forward(): Promise<void> {
    return this.next === null ? Promise.resolve() : this.turn([...this.starts, this.next]);
  }

  back(): Promise<void> {
    return this.isFirst ? Promise.resolve() : this.turn(this.starts.slice(0, -1));
  }

  /** Fetches the beginning of a message, or puts it away. */
  async toggle({ seq }: WaitingMessage): Promise<void> {
    if (this.look?.seq === seq) {
      this.look = null;
      return;
    }
    const wanted: Look = { seq, head: null, gone: false };
    this.look = wanted;
    const head = await this.backend.waitingHead(this.endpoint, seq).catch(() => null);
    if (this.look === wanted) this.look = { seq, head, gone: head === null };
  }

  /** Throws one message away, or all. */
  async discard(id: string | null): Promise<void> {
    const key = id ?? '*';
    if (this.busy.has(key)) return;
    this.busy.add(key);
    this.failure = null;
    try {
      await this.backend.discardWaiting(this.endpoint, id);
    } catch (thrown) {
      this.failure = Refusal.from(thrown).body;
    }
    // Also after a no: the message may just have left.
    await this.load();
    this.busy.delete(key);
  }

  private turn(starts: readonly number[]): Promise<void> {
    this.look = null;
    return this.load(starts);
  }

  private async load(starts = this.starts): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    try {
      const { waiting, next } = await this.backend.waiting(this.endpoint, starts.at(-1) ?? 0);
      if (mine !== this.asked) return;
      // All of this page has left meanwhile, or it began where nothing was behind any more.
      if (waiting.length === 0 && starts.length > 1) {
        await this.load(next === null ? [0] : [...starts.slice(0, -1), next]);
        return;
      }
      this.starts = starts;
      this.messages = waiting;
      this.next = next;
      this.loadFailed = false;
      if (this.look?.head !== undefined && !waiting.some(({ seq }) => seq === this.look?.seq)) this.look = null;
    } catch {
      if (mine === this.asked) this.loadFailed = true;
    }
  }
}
