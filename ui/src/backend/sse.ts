/**
 * Server-sent events out of text chunks, after the WHATWG rules for `event` and `data`. Needed because the
 * browser's EventSource cannot send a token. Knows nothing of the network.
 */
export interface ServerEvent {
  event: string;
  data: string;
}

/** A single event beyond this is a broken stream, not a message. */
const LONGEST = 64 * 1024 * 1024;

export class EventStream {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private started = false;

  /** Events completed by this chunk. Chunks may end anywhere, even between CR and LF. */
  push(chunk: string): ServerEvent[] {
    let text = this.rest + chunk;
    if (!this.started && text !== '') {
      this.started = true;
      text = text.replace(/^\uFEFF/, '');
    }
    // A CR at the very end may be half of a CRLF: it waits for the next chunk.
    const held = text.endsWith('\r') ? '\r' : '';
    const lines = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? '') + held;
    if (this.rest.length > LONGEST) throw new Error('an event is longer than 64 MiB');
    return lines.flatMap((line) => this.line(line) ?? []);
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.complete();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    return null;
  }

  private complete(): ServerEvent | null {
    const { event, data } = this;
    this.event = '';
    this.data = [];
    return data.length === 0 ? null : { event: event || 'message', data: data.join('\n') };
  }
}
