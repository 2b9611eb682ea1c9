/**
 * What the window last heard from the agent. A subscription begins with the whole status, so nothing is asked for
 * and nothing is polled; every value is the agent's own, nothing here is guessed ahead.
 */
import { SvelteSet } from 'svelte/reactivity';
import type { Action, Backend, Link } from '../backend';
import { Refusal } from '../backend';
import { CheckRun } from '../check/run.svelte';
import type { AgentEvent, EndpointId, ErrorBody, ReceivedMessage, StatusSnapshot } from '../generated';
import { Outgoing } from '../sending/outgoing.svelte';
import { clock } from './clock.svelte';
import { Throttle } from './throttle';

export type MessageListener = (messages: ReceivedMessage[]) => void;

export class AgentState {
  /** Newest snapshot; stays when the agent goes away, then it is stale. */
  snapshot = $state.raw<StatusSnapshot | null>(null);
  /** When it came: what it says in ages was true then. */
  heardAt = $state(0);
  link = $state<Link | 'opening'>('opening');
  /** Why the last order failed, until it is dismissed or the next order. */
  failure = $state.raw<ErrorBody | null>(null);
  /** Orders under way, as `action:endpoint`; their buttons wait. */
  private readonly busy = new SvelteSet<string>();
  private lostAt = $state(0);
  /** The time that durations are told by; it stands still while nothing is known. */
  readonly now = $derived(this.link === 'lost' ? this.lostAt : clock.now);
  /** Counts how often the agent came back: what was loaded before is then void. */
  session = $state(0);
  /** What this window sends. */
  readonly outgoing: Outgoing;
  /** The check this window runs. */
  readonly checkRun: CheckRun;

  private listeners: MessageListener[] = [];
  private readonly newest = new Throttle<StatusSnapshot>(100, (snapshot) => {
    this.snapshot = snapshot;
    this.heardAt = Date.now();
    this.outgoing.observe(snapshot);
  });

  constructor(readonly backend: Backend) {
    this.outgoing = new Outgoing(backend);
    this.checkRun = new CheckRun(backend);
  }

  start(): () => void {
    return this.backend.subscribe({
      events: (batch) => {
        this.take(batch);
      },
      link: (link) => {
        this.changeLink(link);
      },
    });
  }

  /** Received messages from now on, until the returned function is called. */
  onMessages(listener: MessageListener): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  isBusy(action: Action, endpoint: EndpointId | null): boolean {
    return this.busy.has(orderKey(action, endpoint));
  }

  async order(action: Action, endpoint: EndpointId | null): Promise<void> {
    const key = orderKey(action, endpoint);
    if (this.busy.has(key)) return;
    this.busy.add(key);
    this.failure = null;
    try {
      await this.backend.control(action, endpoint);
    } catch (thrown) {
      this.failure = Refusal.from(thrown).body;
    } finally {
      this.busy.delete(key);
    }
  }

  private take(batch: AgentEvent[]): void {
    const messages: ReceivedMessage[] = [];
    for (const event of batch) {
      if (event.event === 'message') messages.push(event.data);
      else if (event.event === 'status') this.newest.put(event.data);
      else if (event.event === 'delivered') this.outgoing.delivered(event.data);
    }
    if (messages.length > 0) for (const listener of this.listeners) listener(messages);
  }

  private changeLink(link: Link): void {
    if (link === 'lost' && this.link !== 'lost') this.lostAt = Date.now();
    if (link === 'live' && this.link !== 'live') this.session += 1;
    if (link === 'lost') this.outgoing.missed();
    this.link = link;
  }
}

function orderKey(action: Action, endpoint: EndpointId | null): string {
  return `${action}:${endpoint ?? '*'}`;
}
