/**
 * A gateway of invented states: serves the built UI with the real policy and answers what the test tells it to.
 * For states a healthy agent does not show (100 connections, long names, a flood of messages). Whether the real gateway
 * answers the same way is what live.spec.ts is for.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { AgentEvent, ReceivedMessage, StatusSnapshot } from '../../../ui/src/generated';

const DIST = join(import.meta.dirname, '../../../ui/dist');
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

  /** Ends every event stream, as a gateway that goes away does. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (!pathname.startsWith('/v1/')) return this.file(pathname, response);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      json(401, { error: { code: 'token_required', message: '', detail: '' } });
      return;
    }
    const [, , first = '', id = '', action = ''] = pathname.split('/');
    if (first === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: status\ndata: ${JSON.stringify(this.snapshot)}\n\n`);
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    } else if (action === 'messages') {
      json(200, this.messages.filter(({ endpoint }) => endpoint === id).slice(-100));
    } else {
      this.orders.push(action === '' ? `${first} *` : `${action} ${id}`);
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
