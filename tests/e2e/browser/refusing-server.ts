/**
 * A WebSocket server (RFC 6455) that takes every message but one: at that it hangs up with a close code of its choice.
 * Answers pings. Knows just enough of the protocol for messages shorter than 126 bytes.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class RefusingServer {
  /** Messages that were taken, in order. */
  readonly taken: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly refused: string,
    private readonly code: number,
  ) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => { this.meet(request, socket); });
  }

  static async start(refused: string, code: number): Promise<RefusingServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RefusingServer(server, refused, code);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private meet(request: IncomingMessage, socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy());
    const accept = createHash('sha1').update(`${String(request.headers['sec-websocket-key'])}${GUID}`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    let rest = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      // Frames of clients are masked: two bytes, four of mask, then the payload.
      while (rest.length >= 6 && rest.length >= 6 + ((rest[1] ?? 0) & 0x7f)) {
        const end = 6 + ((rest[1] ?? 0) & 0x7f);
        const mask = rest.subarray(2, 6);
        const payload = Buffer.from(rest.subarray(6, end).map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
        this.answer((rest[0] ?? 0) & 0x0f, payload, socket);
        rest = rest.subarray(end);
      }
    });
  }

  private answer(opcode: number, payload: Buffer, socket: Socket): void {
    const send = (code: number, data: Buffer) => socket.write(Buffer.concat([Buffer.from([0x80 | code, data.length]), data]));
    const text = payload.toString('utf8');
    if (opcode === PING) send(PONG, payload);
    else if (opcode === TEXT && text !== this.refused) this.taken.push(text);
    else if (opcode === TEXT || opcode === CLOSE) {
      const code = Buffer.alloc(2);
      code.writeUInt16BE(opcode === CLOSE ? 1000 : this.code);
      send(CLOSE, code);
      socket.end();
    }
  }
}
