/**
 * The one interface the UI knows an agent by. Two rooms implement it: `tauri.ts` (desktop window) and
 * `gateway.ts` (browser). It carries data and orders; it keeps nothing.
 */
import type { AgentEvent, EndpointId, ErrorBody, ReceivedMessage } from '../generated';

export type Action = 'connect' | 'reconnect' | 'pause' | 'resume';

/** `live`: events flow. `lost`: no agent answers, tries go on. `refused`: the token is missing or old, tries have ended. */
export type Link = 'live' | 'lost' | 'refused';

/** What the desktop says once. What changes, such as its tray, comes as a problem in the status. */
export interface DesktopInfo {
  version: string;
  /** BCP 47 tag. */
  language: string;
}

export interface Listener {
  /** Several at once, oldest first, as they came. */
  events(batch: AgentEvent[]): void;
  link(link: Link): void;
}

export interface Backend {
  /** Starts to listen; the agent's whole status comes first. Returns how to stop. */
  subscribe(listener: Listener): () => void;
  /** Newest received messages of one endpoint, oldest first. */
  messages(endpoint: EndpointId, limit: number): Promise<ReceivedMessage[]>;
  /** `null` means every endpoint. Rejects with a {@link Refusal}. */
  control(action: Action, endpoint: EndpointId | null): Promise<void>;
  /** `null` in a browser. */
  desktopInfo(): Promise<DesktopInfo | null>;
  /** Ends the whole program, not only the window. `null` in a browser, which is a guest. */
  readonly quit: (() => Promise<void>) | null;
}

/** The agent, or the way to it, said no. */
export class Refusal extends Error {
  constructor(readonly body: ErrorBody) {
    super(body.message);
  }

  /** Makes one of whatever was thrown. */
  static from(thrown: unknown): Refusal {
    if (thrown instanceof Refusal) return thrown;
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
      return new Refusal(thrown as ErrorBody);
    }
    return new Refusal({ code: 'internal', message: String(thrown), detail: '' });
  }
}
