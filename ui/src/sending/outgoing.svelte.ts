/**
 * What this window sent and what became of it, and what was begun and not sent. The agent's buffer is the truth; this is
 * a note of what it answered, and ends with the window.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../backend';
import { Refusal } from '../backend';
import type { Delivery, EndpointId, StatusSnapshot } from '../generated';
import { oneLine } from '../words/plain';
import { newId } from './id';

/** Notes that are kept, of all endpoints together. */
const KEPT = 50;
/** Deliveries that came before the answer to their message. */
const EARLY = 256;

/** A status may be older than an answer that overtook it. */
const UNHEARD_MS = 5_000;

/** `missed`: it was accepted, and what followed may have been told while nobody listened. */
export type Stage = 'storing' | 'accepted' | 'delivered' | 'missed';

export interface Sent {
  /** Ours, unique in this window. */
  key: number;
  id: string;
  endpoint: EndpointId;
  /** Its beginning, on one line. */
  text: string;
  at: number;
  stage: Stage;
  /** From handing over to delivery, ms. */
  took: number | null;
}

export interface Draft {
  text: string;
  /** Kept until it is known what became of it, so that repeating counts once. */
  id: string | null;
  sending: boolean;
  refusal: Refusal | null;
}

const EMPTY: Draft = { text: '', id: null, sending: false, refusal: null };

export class Outgoing {
  /** Newest first. */
  sent = $state.raw<readonly Sent[]>([]);
  private readonly drafts = new SvelteMap<EndpointId, Draft>();
  private early: string[] = [];
  private keys = 0;

  constructor(private readonly backend: Pick<Backend, 'send'>) {}

  of(endpoint: EndpointId): Sent[] {
    return this.sent.filter((one) => one.endpoint === endpoint);
  }

  draft(endpoint: EndpointId): Draft {
    return this.drafts.get(endpoint) ?? EMPTY;
  }

  /** Another text is another message. */
  write(endpoint: EndpointId, text: string): void {
    this.drafts.set(endpoint, { ...EMPTY, text });
  }

  /** Hands the draft over. It is gone once it is accepted, and stays when it is not. */
  async send(endpoint: EndpointId): Promise<void> {
    const { text, id: known, sending } = this.draft(endpoint);
    if (sending || text.trim() === '') return;
    const id = known ?? newId();
    this.drafts.set(endpoint, { text, id, sending: true, refusal: null });
    this.keys += 1;
    const key = this.keys;
    const begun = Date.now();
    this.sent = [{ key, id, endpoint, text: oneLine(text), at: begun, stage: 'storing' as const, took: null }, ...this.sent].slice(0, KEPT);
    try {
      const receipt = await this.backend.send(endpoint, id, text);
      if (receipt.fate === 'dropped') throw new Refusal({ code: 'buffer_full', message: '', detail: '' });
      this.drafts.delete(endpoint);
      const came = receipt.fate === 'delivered' || this.early.includes(receipt.id);
      this.change((one) => one.key === key, () => ({ id: receipt.id, stage: came ? 'delivered' : 'accepted', took: came ? Date.now() - begun : null }));
    } catch (thrown) {
      this.sent = this.sent.filter((one) => one.key !== key);
      this.drafts.set(endpoint, { text, id, sending: false, refusal: Refusal.from(thrown) });
    }
  }

  /** The agent says that a message arrived. */
  delivered({ endpoint, id }: Delivery): void {
    // The answer to the message itself may still be on its way.
    const awaited = this.sent.some(({ stage }) => stage === 'storing');
    this.early = awaited ? [id, ...this.early].slice(0, EARLY) : [];
    this.change(
      (one) => one.id === id && one.endpoint === endpoint && one.stage !== 'storing',
      (one) => ({ stage: 'delivered', took: Date.now() - one.at }),
    );
  }

  /** What was accepted before and does not wait any more has gone some way that was not heard of. */
  observe({ endpoints }: StatusSnapshot): void {
    const empty = endpoints.filter(({ outbox }) => outbox.queued === 0).map(({ id }) => id);
    const old = Date.now() - UNHEARD_MS;
    this.change(({ stage, endpoint, at }) => stage === 'accepted' && at < old && empty.includes(endpoint), () => ({ stage: 'missed' }));
  }

  /** Nobody listened for a while. */
  missed(): void {
    this.change((one) => one.stage === 'accepted', () => ({ stage: 'missed' }));
  }

  private change(which: (one: Sent) => boolean, how: (one: Sent) => Partial<Sent>): void {
    if (this.sent.some(which)) this.sent = this.sent.map((one) => (which(one) ? { ...one, ...how(one) } : one));
  }
}
