/**
 * The one interface the UI knows an agent by. Two rooms implement it: `tauri.ts` (desktop window) and
 * `gateway.ts` (browser). It carries data and orders; it keeps nothing.
 */
import type { AgentEvent, CheckMode, CheckProgress, CheckReport, CheckTrigger, EndpointId, ErrorBody, MessageFormat, ReceivedMessage } from '../generated';

export type Action = 'connect' | 'reconnect' | 'pause' | 'resume';

/** `live`: events flow. `lost`: no agent answers, tries go on. `refused`: the token is missing or old, tries have ended. */
export type Link = 'live' | 'lost' | 'refused';

/** What the desktop says once. What changes, such as its tray, comes as a problem in the status. */
export interface DesktopInfo {
  version: string;
  /** BCP 47 tag. */
  language: string;
}

/** What became of a message that was handed over. */
export interface Receipt {
  id: string;
  /**
   * `stored`: it waits, as safe as its buffer promises. `duplicate`: one with this id waits already. `delivered`: one with
   * this id was delivered already. `dropped`: the buffer is full, and set to let new messages go.
   */
  fate: 'stored' | 'duplicate' | 'delivered' | 'dropped';
}

/** A message that waits. */
export interface WaitingMessage {
  id: string;
  /** Its place in the order. */
  seq: number;
  format: MessageFormat;
  bytes: number;
  /** Failures that were this message's own. */
  attempts: number;
  /** It may have been sent before. */
  redelivered: boolean;
  enqueued_at: string;
}

/** Some of the messages that wait. */
export interface WaitingPage {
  /** In order. */
  waiting: WaitingMessage[];
  /** `after` of the following page; `null` when this is the last. */
  next: number | null;
}

/** A message that is not sent any more unless somebody asks for it. */
export interface DeadLetter {
  id: string;
  /** The place it had in the order. */
  seq: number;
  format: MessageFormat;
  bytes: number;
  /** `poison`, `refused`, `corrupt`, or a word newer than this window. */
  cause: string;
  /** In the words of whoever refused it. */
  detail: string;
  attempts: number;
  enqueued_at: string;
  died_at: string;
  /** Its beginning: text, or Base64 of bytes. */
  data?: string;
}

/** What is to be checked. */
export interface CheckOrder {
  mode: CheckMode;
  /** None: all of them. */
  endpoints: EndpointId[];
  trigger?: CheckTrigger;
}

/** A file of the support bundle, as it would be saved. */
export interface BundleFile {
  name: string;
  text: string;
  /** How often each rule took something out. */
  removed: Record<string, number>;
}

/** How much is taken out of a bundle beyond secrets: nothing, addresses and ids, hosts too. */
export type Privacy = 'full' | 'standard' | 'strict';

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
  /** Hands a text over; comes back once it is stored. The same `id` twice counts once. Rejects with a {@link Refusal}. */
  send(endpoint: EndpointId, id: string, text: string): Promise<Receipt>;
  /** A page of the messages that wait behind the place `after`, without their bodies. */
  waiting(endpoint: EndpointId, after: number): Promise<WaitingPage>;
  /** The beginning of the body of the message that waits at this place: text, or Base64 of bytes. `null` when it has left. */
  waitingHead(endpoint: EndpointId, seq: number): Promise<string | null>;
  /** Throws one waiting message away, or all (`null`). */
  discardWaiting(endpoint: EndpointId, id: string | null): Promise<void>;
  /** The oldest dead letters of one endpoint, as many as fit on a page, with the beginnings of their bodies. */
  deadLetters(endpoint: EndpointId): Promise<DeadLetter[]>;
  /** Puts a dead letter behind the messages that wait. */
  retryDead(endpoint: EndpointId, id: string): Promise<void>;
  /** Throws one dead letter away, or all (`null`). */
  deleteDead(endpoint: EndpointId, id: string | null): Promise<void>;
  /** Writes all dead letters to a file of the person's, a line of JSON each; says where. */
  exportDead(endpoint: EndpointId): Promise<string>;
  /** Makes a check and tells how it goes. Rejects with a {@link Refusal}. */
  check(order: CheckOrder, progress: (progress: CheckProgress) => void): Promise<CheckReport>;
  /** Ends the check under way; its report then says what was done. */
  cancelCheck(): Promise<void>;
  /** The newest report, `null` when there is none. */
  lastCheck(): Promise<CheckReport | null>;
  /** A report in words: to be read, or as a request to those who run the network. */
  checkText(run: string, kind: 'result' | 'it', language: string): Promise<string>;
  /** Writes the report as one HTML page to a file of the person's; says where. */
  saveCheck(run: string, language: string): Promise<string>;
  /** Begins to record a problem: the log says more for a while. Its end shows in the status. Rejects with a {@link Refusal}. */
  record(): Promise<void>;
  /** Ends the recording under way. */
  endRecording(): Promise<void>;
  /** What the support bundle would hold. */
  bundleFiles(run: string, privacy: Privacy): Promise<BundleFile[]>;
  /** Writes the support bundle, but for some of its files; says where. */
  saveBundle(run: string, privacy: Privacy, without: readonly string[]): Promise<string>;
  /** Puts text on the clipboard. */
  copy(text: string): Promise<void>;
  /** `null` in a browser. */
  desktopInfo(): Promise<DesktopInfo | null>;
  /** Ends the whole program, not only the window. `null` in a browser, which is a guest. */
  readonly quit: (() => Promise<void>) | null;
}

/** The agent, or the way to it, said no. */
export class Refusal extends Error {
  constructor(
    readonly body: ErrorBody,
    /** Nobody answered: what was asked for may have been done. */
    readonly unanswered = false,
  ) {
    super(body.message);
  }

  /** Makes one of whatever was thrown. */
  static from(thrown: unknown): Refusal {
    if (thrown instanceof Refusal) return thrown;
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
      return new Refusal(thrown as ErrorBody);
    }
    return new Refusal({ code: 'internal', message: String(thrown), detail: '' }, true);
  }
}
