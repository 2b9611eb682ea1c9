/**
 * A gateway of invented states: serves the built UI with the real policy and answers what the test tells it to.
 * For states a healthy agent does not show (100 connections, long names, a flood of messages). Whether the real gateway
 * answers the same way is what live.spec.ts is for.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { BundleFile, DeadLetter, WaitingMessage } from '../../../ui/src/backend/backend';
import type { AgentEvent, CheckProgress, CheckReport, ErrorBody, ReceivedMessage, StatusSnapshot } from '../../../ui/src/generated';

const DIST = process.env['LINEKEEPER_UI'] ?? join(import.meta.dirname, '../../../ui/dist');
/** The policy of src-tauri/crates/agent/src/gateway/assets.rs. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const TOKEN = 'test-token';

export class FakeGateway {
  /** Orders that came, as `pause pulse` or `pause *`. */
  readonly orders: string[] = [];
  readonly messages: ReceivedMessage[] = [];
  /** Messages that were taken over, as `endpoint id text`. */
  readonly taken: string[] = [];
  /** Of every endpoint that has any. */
  dead: DeadLetter[] = [];
  /** What is in a message that waits, and what is known of it beside that. As many wait as the status says. */
  waiting: (seq: number) => Partial<WaitingMessage> & { data?: string } = () => ({});
  private readonly thrown = new Set<string>();
  /** The answer to the next message in place of a receipt; silence lasts until it is broken, for browsers ask twice. */
  refusal: { status: number; error: ErrorBody } | 'silence' | null = null;
  /** What a check tells, and its report once {@link finishCheck} is called. */
  check: { progress: CheckProgress[]; report: CheckReport } | null = null;
  /** The answer to the next check in place of one. */
  checkRefusal: { status: number; error: ErrorBody } | null = null;
  /** The newest report. */
  lastReport: CheckReport | null = null;
  bundle: BundleFile[] = [];
  /** The answer to the next order about a recording in place of one. */
  recordingRefusal: { status: number; error: ErrorBody } | null = null;
  private checking: ServerResponse | null = null;
  private readonly streams = new Set<ServerResponse>();

  private constructor(
    private snapshot: StatusSnapshot,
    private readonly server: ReturnType<typeof createServer>,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.answer(request, response).catch(() => response.writeHead(404).end());
    });
  }

  static async start(snapshot: StatusSnapshot, messages: ReceivedMessage[] = []): Promise<FakeGateway> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gateway = new FakeGateway(snapshot, server);
    gateway.messages.push(...messages);
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get link(): string {
    return `${this.url}/#token=${TOKEN}`;
  }

  show(snapshot: StatusSnapshot): void {
    this.snapshot = snapshot;
    this.emit([{ event: 'status', data: snapshot }]);
  }

  /** Sends to every listener and keeps messages for the rings. */
  emit(events: AgentEvent[]): void {
    for (const event of events) if (event.event === 'message') this.messages.push(event.data);
    const text = events.map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('');
    for (const stream of this.streams) stream.write(text);
  }

  /** A check was asked for and has no report yet. The page says so a moment before the request is here. */
  get isChecking(): boolean {
    return this.checking !== null;
  }

  /** The check under way goes on. */
  tellCheck(progress: CheckProgress): void {
    this.checking?.write(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`);
  }

  /** The check under way comes to its end. */
  finishCheck(report = this.check?.report): void {
    this.checking?.end(`event: report\ndata: ${JSON.stringify(report)}\n\n`);
    this.checking = null;
  }

  /** Ends every event stream, as a gateway that goes away does. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    if (!pathname.startsWith('/v1/')) return this.file(pathname, response);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      json(401, { error: { code: 'token_required', message: '', detail: '' } });
      return;
    }
    const [, , first = '', id = '', action = '', mid = '', last = ''] = pathname.split('/').map(decodeURIComponent);
    const { method = '' } = request;
    if (first === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: status\ndata: ${JSON.stringify(this.snapshot)}\n\n`);
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    } else if (first === 'diagnostics') {
      await this.diagnose(request, `${method} ${id} ${action}`.trim(), json, response);
    } else if (first === 'outbox' && (action === '' || action === 'messages')) {
      this.queue(method, id, mid, searchParams, json);
    } else if (first === 'outbox') {
      this.outbox(`${method} ${[action, mid, last].filter(Boolean).join(' ')} ${id}`, mid, json, response);
    } else if (action === 'messages' && method === 'POST') {
      await this.take(request, id, json);
    } else if (action === 'messages') {
      json(200, this.messages.filter(({ endpoint }) => endpoint === id).slice(-100));
    } else {
      this.orders.push(action === '' ? `${first} *` : `${action} ${id}`);
      json(202, {});
    }
  }

  private async take(request: IncomingMessage, endpoint: string, json: (status: number, body: unknown) => void): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const { refusal } = this;
    if (refusal !== 'silence') this.refusal = null;
    const id = String(request.headers['idempotency-key']);
    this.taken.push(`${endpoint} ${id} ${text}`);
    if (refusal === 'silence') request.socket.destroy();
    else if (refusal) json(refusal.status, { error: refusal.error });
    else json(202, { accepted: [{ id, seq: this.taken.length, duplicate: false, fate: 'stored', level: 'power' }] });
  }

  private async diagnose(request: IncomingMessage, order: string, json: (status: number, body: unknown) => void, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    this.orders.push(`diagnostics ${order} ${body}`.trim());
    if (order.endsWith(' recording')) {
      this.record(order.startsWith('POST'), json);
    } else if (order === 'POST' && this.checkRefusal) {
      json(this.checkRefusal.status, { error: this.checkRefusal.error });
      this.checkRefusal = null;
    } else if (order === 'POST') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const one of this.check?.progress ?? []) response.write(`event: progress\ndata: ${JSON.stringify(one)}\n\n`);
      this.checking = response;
    } else if (order === 'DELETE') {
      json(202, {});
      const report = this.check?.report;
      if (report) this.finishCheck({ ...report, verdict: { ...report.verdict, class: 'incomplete', primary: 'ME-03' }, findings: [] });
    } else if (order === 'GET last') {
      if (this.lastReport) json(200, this.lastReport);
      else response.writeHead(204).end();
    } else if (order.startsWith('GET') && order.endsWith('bundle')) {
      json(200, { files: this.bundle });
    } else if (order.endsWith('bundle')) {
      response.writeHead(200, { 'content-type': 'application/zip', 'content-disposition': 'attachment; filename="linekeeper-support-7F3K.zip"' }).end('zip');
    } else {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(`text of ${order}`);
    }
  }

  /** A recording of the longest kind, that began just now; or none. */
  record(begin: boolean, json?: (status: number, body: unknown) => void): void {
    const { recordingRefusal } = this;
    this.recordingRefusal = null;
    if (recordingRefusal) {
      json?.(recordingRefusal.status, { error: recordingRefusal.error });
      return;
    }
    const [began, until] = [0, 15 * 60_000].map((after) => new Date(Date.now() + after).toISOString());
    const recording = begin && began && until ? { ref: '7F3K', began, until } : null;
    this.show({ ...this.snapshot, agent: { ...this.snapshot.agent, recording } });
    json?.(200, recording ?? { recording: null });
  }

  /** Of a buffer only the page that is asked for is made, however many wait. */
  private queue(method: string, endpoint: string, mid: string, asked: URLSearchParams, json: (status: number, body: unknown) => void): void {
    const queued = this.snapshot.endpoints.find(({ id }) => id === endpoint)?.outbox.queued ?? 0;
    if (method === 'DELETE') {
      this.orders.push(`DELETE waiting ${mid} ${endpoint}`.replace('  ', ' '));
      this.thrown.add(mid);
      const left = mid === '' ? 0 : queued - 1;
      const endpoints = this.snapshot.endpoints.map((one) => (one.id === endpoint ? { ...one, outbox: { ...one.outbox, queued: left } } : one));
      this.show({ ...this.snapshot, endpoints });
      json(200, { count: 1 });
      return;
    }
    this.orders.push(`GET waiting ${asked.toString()} ${endpoint}`);
    const [limit, after, head] = [Number(asked.get('limit') ?? 20), Number(asked.get('after')), Number(asked.get('head'))];
    const waiting: unknown[] = [];
    let seq = after + 1;
    for (; queued > 0 && seq <= queued + this.thrown.size && waiting.length < limit; seq += 1) {
      const id = `0198f3c2-7d11-7000-8000-${String(seq).padStart(12, '0')}`;
      if (this.thrown.has(id)) continue;
      const { data = '', ...known } = this.waiting(seq);
      const enqueued_at = new Date(Date.now() - 240_000 + Math.min(seq, 200) * 1000).toISOString();
      const one = { id, seq, format: 'text', bytes: data.length, priority: 4, attempts: 0, redelivered: false, enqueued_at, ...known };
      waiting.push(asked.has('data') ? { ...one, data: data.slice(0, head) } : one);
    }
    json(200, { endpoint, queued, waiting, next: waiting.length === limit ? seq - 1 : null });
  }

  private outbox(order: string, mid: string, json: (status: number, body: unknown) => void, response: ServerResponse): void {
    if (order.startsWith('GET dead ')) {
      json(200, { letters: this.dead, next: null });
    } else if (order.startsWith('GET export ')) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(this.dead.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    } else {
      this.orders.push(order);
      this.dead = mid === '' ? [] : this.dead.filter(({ id }) => id !== mid);
      const endpoints = this.snapshot.endpoints.map((one) => (one.outbox.dead > 0 ? { ...one, outbox: { ...one.outbox, dead: this.dead.length } } : one));
      this.show({ ...this.snapshot, endpoints });
      json(202, {});
    }
  }

  private async file(pathname: string, response: ServerResponse): Promise<void> {
    const path = normalize(pathname === '/' ? '/index.html' : pathname);
    const content = await readFile(join(DIST, path));
    response
      .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
      .end(content);
  }
}
