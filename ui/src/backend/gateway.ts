/**
 * The agent behind its local gateway, over HTTP from the same origin. Listens on one event stream and opens it
 * again with backoff when the agent goes away. Never polls.
 */
import type { AgentEvent, CheckProgress, CheckReport, EndpointId, ErrorBody, ErrorResponse, ReceivedMessage } from '../generated';
import { Refusal, type Action, type Backend, type BundleFile, type CheckOrder, type DeadLetter, type Listener, type Privacy, type Receipt, type WaitingMessage, type WaitingPage } from './backend';
import { save } from './save';
import { EventStream, type ServerEvent } from './sse';

/** What a person sees of a body, bytes: its beginning. */
const HEAD = 4096;
/** Longest silence of a live stream; the gateway sends comments far more often. */
const SILENCE_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

type Outcome = 'refused' | 'lost';

interface Asked {
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export class GatewayBackend implements Backend {
  readonly quit = null;

  constructor(
    private readonly token: string,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
  ) {}

  subscribe(listener: Listener): () => void {
    const stop = new AbortController();
    void this.listen(listener, stop.signal);
    return () => {
      stop.abort();
    };
  }

  async messages(endpoint: EndpointId, limit: number): Promise<ReceivedMessage[]> {
    const path = `${messagesOf(endpoint)}?limit=${limit.toString()}`;
    return (await this.request('GET', path)).json() as Promise<ReceivedMessage[]>;
  }

  async control(action: Action, endpoint: EndpointId | null): Promise<void> {
    await this.request('POST', endpoint === null ? `/v1/${action}` : `/v1/endpoints/${encodeURIComponent(endpoint)}/${action}`);
  }

  async send(endpoint: EndpointId, id: string, text: string): Promise<Receipt> {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Idempotency-Key': id };
    const response = await this.request('POST', messagesOf(endpoint), { headers, body: text });
    const { accepted } = (await response.json()) as { accepted: Receipt[] };
    const [receipt] = accepted;
    if (!receipt) throw new Refusal({ code: 'internal', message: 'no receipt', detail: '' }, true);
    return receipt;
  }

  async waiting(endpoint: EndpointId, after: number): Promise<WaitingPage> {
    const page = await this.request('GET', `${outboxOf(endpoint)}?after=${after.toString()}`);
    return page.json() as Promise<WaitingPage>;
  }

  async waitingHead(endpoint: EndpointId, seq: number): Promise<string | null> {
    const asked = `limit=1&after=${(seq - 1).toString()}&data=true&head=${HEAD.toString()}`;
    const page = await this.request('GET', `${outboxOf(endpoint)}?${asked}`);
    const { waiting } = (await page.json()) as { waiting: (WaitingMessage & { data?: string })[] };
    return waiting.find((one) => one.seq === seq)?.data ?? null;
  }

  async discardWaiting(endpoint: EndpointId, id: string | null): Promise<void> {
    const path = outboxOf(endpoint);
    await this.request('DELETE', id === null ? path : `${path}/messages/${encodeURIComponent(id)}`);
  }

  async deadLetters(endpoint: EndpointId): Promise<DeadLetter[]> {
    const page = await this.request('GET', `${deadOf(endpoint)}?limit=100&data=true&head=${HEAD.toString()}`);
    return ((await page.json()) as { letters: DeadLetter[] }).letters;
  }

  async retryDead(endpoint: EndpointId, id: string): Promise<void> {
    await this.request('POST', `${deadOf(endpoint)}/${encodeURIComponent(id)}/retry`);
  }

  async deleteDead(endpoint: EndpointId, id: string | null): Promise<void> {
    await this.request('DELETE', id === null ? deadOf(endpoint) : `${deadOf(endpoint)}/${encodeURIComponent(id)}`);
  }

  async exportDead(endpoint: EndpointId): Promise<string> {
    const name = `linekeeper-${endpoint}-dead.jsonl`;
    const lines = await this.request('GET', `${outboxOf(endpoint)}/export?dead=true`);
    save(await lines.blob(), name);
    return name;
  }

  async check(order: CheckOrder, progress: (progress: CheckProgress) => void): Promise<CheckReport> {
    const headers = { 'Content-Type': 'application/json', Accept: 'text/event-stream' };
    const body = JSON.stringify({ trigger: 'window', ...order });
    const response = await this.request('POST', '/v1/diagnostics', { headers, body });
    for await (const { event, data } of serverEvents(response)) {
      if (event === 'progress') progress(JSON.parse(data) as CheckProgress);
      else if (event === 'report') return JSON.parse(data) as CheckReport;
      else if (event === 'error') throw new Refusal((JSON.parse(data) as { error: ErrorBody }).error);
    }
    throw new Refusal({ code: 'internal', message: 'the check ended without a report', detail: '' }, true);
  }

  async cancelCheck(): Promise<void> {
    await this.request('DELETE', '/v1/diagnostics');
  }

  async lastCheck(): Promise<CheckReport | null> {
    const response = await this.request('GET', '/v1/diagnostics/last');
    return response.status === 204 ? null : ((await response.json()) as CheckReport);
  }

  async checkText(run: string, kind: 'result' | 'it', language: string): Promise<string> {
    return (await this.request('GET', `${checkOf(run)}/${kind === 'it' ? 'it' : 'text'}?language=${language}`)).text();
  }

  async saveCheck(run: string, language: string): Promise<string> {
    return saved(await this.request('GET', `${checkOf(run)}/html?language=${language}`), `linekeeper-check-${run}.html`);
  }

  async record(): Promise<void> {
    await this.request('POST', '/v1/diagnostics/recording');
  }

  async endRecording(): Promise<void> {
    await this.request('DELETE', '/v1/diagnostics/recording');
  }

  async bundleFiles(run: string, privacy: Privacy): Promise<BundleFile[]> {
    const response = await this.request('GET', `${checkOf(run)}/bundle?privacy=${privacy}`);
    return ((await response.json()) as { files: BundleFile[] }).files;
  }

  async saveBundle(run: string, privacy: Privacy, without: readonly string[]): Promise<string> {
    const headers = { 'Content-Type': 'application/json' };
    const response = await this.request('POST', `${checkOf(run)}/bundle`, { headers, body: JSON.stringify({ privacy, without }) });
    return saved(response, 'linekeeper-support.zip');
  }

  copy(text: string): Promise<void> {
    return navigator.clipboard.writeText(text);
  }

  desktopInfo(): Promise<null> {
    return Promise.resolve(null);
  }

  private async listen(listener: Listener, stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted; failures += 1) {
      const outcome = await this.stream(listener, stop, () => {
        failures = 0;
      });
      if (stop.aborted) return;
      listener.link(outcome);
      if (outcome === 'refused') return;
      await wait(backoff(failures), stop);
    }
  }

  /** One stream from opening to end. */
  private async stream(listener: Listener, stop: AbortSignal, opened: () => void): Promise<Outcome> {
    const silence = new AbortController();
    let timer = setTimeout(() => { silence.abort(); }, SILENCE_MS);
    try {
      const signal = AbortSignal.any([stop, silence.signal]);
      const response = await this.request('GET', '/v1/events', { signal });
      opened();
      listener.link('live');
      for await (const chunk of chunks(response)) {
        clearTimeout(timer);
        timer = setTimeout(() => { silence.abort(); }, SILENCE_MS);
        const batch = chunk.flatMap(agentEvent);
        if (batch.length > 0) listener.events(batch);
      }
      return 'lost';
    } catch (thrown) {
      return Refusal.from(thrown).body.code === 'token_required' ? 'refused' : 'lost';
    } finally {
      clearTimeout(timer);
    }
  }

  private async request(method: string, path: string, { headers, ...init }: Asked = {}): Promise<Response> {
    const response = await this.fetch(path, {
      ...init,
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...headers },
      cache: 'no-store',
    });
    if (response.ok) return response;
    const body = (await response.json().catch(() => null)) as ErrorResponse | null;
    if (body?.error) throw new Refusal(body.error);
    const code = response.status === 401 ? 'token_required' : 'internal';
    throw new Refusal({ code, message: `HTTP ${response.status.toString()}`, detail: '' });
  }
}

const messagesOf = (endpoint: EndpointId) => `/v1/endpoints/${encodeURIComponent(endpoint)}/messages`;
const outboxOf = (endpoint: EndpointId) => `/v1/outbox/${encodeURIComponent(endpoint)}`;
const deadOf = (endpoint: EndpointId) => `${outboxOf(endpoint)}/dead`;

const checkOf = (run: string) => `/v1/diagnostics/${encodeURIComponent(run)}`;

/** Saves what came, under the name that the gateway gave it. */
async function saved(response: Response, otherwise: string): Promise<string> {
  const name = /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? otherwise;
  save(await response.blob(), name);
  return name;
}

/** Events as they arrive, several at once; also none, where a comment only shows that the stream lives. */
async function* chunks(response: Response): AsyncGenerator<ServerEvent[]> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const events = new EventStream();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) return;
    yield events.push(decoder.decode(read.value, { stream: true }));
  }
}

async function* serverEvents(response: Response): AsyncGenerator<ServerEvent> {
  for await (const chunk of chunks(response)) yield* chunk;
}

const NAMES: ReadonlySet<string> = new Set<AgentEvent['event']>(['status', 'transition', 'message', 'delivered']);

/** Names the gateway may add later are passed over. */
function agentEvent({ event, data }: ServerEvent): AgentEvent[] {
  if (!NAMES.has(event)) return [];
  return [{ event, data: JSON.parse(data) as unknown } as AgentEvent];
}

/** Exponential with jitter on the upper half: quick enough on loopback, quiet while nothing is there. */
export function backoff(failures: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return ceiling * (0.5 + random / 2);
}

function wait(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
