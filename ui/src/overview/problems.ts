/** What the agent says about a problem beyond the sentence of its code. Pure. */

import type { EndpointId, ErrorCode } from '../generated';

/** Whether the agent's message says more than the code's own sentence, in English, does. */
export function isSpecific(message: string, sentence: string, endpoint: EndpointId | null = null): boolean {
  const bare = (text: string) => text.replace(/[’']/g, '').trim();
  // The endpoint is named beside it.
  const own = endpoint !== null && message.startsWith(`${endpoint}: `) ? message.slice(endpoint.length + 2) : message;
  return own !== '' && bare(own) !== bare(sentence);
}

const OF_BUFFERS: ReadonlySet<string> = new Set(['buffer_full', 'disk_full', 'buffer_unavailable', 'buffer_damaged', 'messages_left']);

/** Whether a problem is one of messages that wait. */
export function isOfBuffers(code: ErrorCode): boolean {
  return OF_BUFFERS.has(code);
}
