/** The agent inside the desktop application, over Tauri's IPC. The only file that names Tauri. */
import { Channel, invoke } from '@tauri-apps/api/core';
import type { AgentEvent, CheckProgress, CheckReport, EndpointId, ReceivedMessage } from '../generated';
import { Refusal, type Action, type Backend, type BundleFile, type CheckOrder, type DeadLetter, type DesktopInfo, type Listener, type Privacy, type Receipt, type WaitingPage } from './backend';

export class TauriBackend implements Backend {
  subscribe(listener: Listener): () => void {
    let listening = true;
    const channel = new Channel<AgentEvent[]>((batch) => {
      if (listening) listener.events(batch);
    });
    ask('subscribe', { channel }).then(
      () => {
        if (listening) listener.link('live');
      },
      () => {
        if (listening) listener.link('lost');
      },
    );
    return () => {
      listening = false;
    };
  }

  messages(endpoint: EndpointId, limit: number): Promise<ReceivedMessage[]> {
    return ask('messages', { endpoint, limit });
  }

  control(action: Action, endpoint: EndpointId | null): Promise<void> {
    return ask('control', { action, endpoint });
  }

  send(endpoint: EndpointId, id: string, text: string): Promise<Receipt> {
    return ask('send', { endpoint, id, text });
  }

  waiting(endpoint: EndpointId, after: number): Promise<WaitingPage> {
    return ask('waiting_messages', { endpoint, after });
  }

  waitingHead(endpoint: EndpointId, seq: number): Promise<string | null> {
    return ask('waiting_head', { endpoint, seq });
  }

  discardWaiting(endpoint: EndpointId, id: string | null): Promise<void> {
    return ask('discard_waiting', { endpoint, id });
  }

  deadLetters(endpoint: EndpointId): Promise<DeadLetter[]> {
    return ask('dead_letters', { endpoint });
  }

  retryDead(endpoint: EndpointId, id: string): Promise<void> {
    return ask('retry_dead', { endpoint, id });
  }

  deleteDead(endpoint: EndpointId, id: string | null): Promise<void> {
    return ask('delete_dead', { endpoint, id });
  }

  exportDead(endpoint: EndpointId): Promise<string> {
    return ask('export_dead', { endpoint });
  }

  check(order: CheckOrder, progress: (progress: CheckProgress) => void): Promise<CheckReport> {
    return ask('check', { order: { trigger: 'window', ...order }, progress: new Channel<CheckProgress>(progress) });
  }

  cancelCheck(): Promise<void> {
    return ask('cancel_check');
  }

  lastCheck(): Promise<CheckReport | null> {
    return ask('last_check');
  }

  checkText(run: string, kind: 'result' | 'it', language: string): Promise<string> {
    return ask('check_text', { run, kind, language });
  }

  saveCheck(run: string, language: string): Promise<string> {
    return ask('save_check', { run, language });
  }

  record(): Promise<void> {
    return ask('record');
  }

  endRecording(): Promise<void> {
    return ask('end_recording');
  }

  bundleFiles(run: string, privacy: Privacy): Promise<BundleFile[]> {
    return ask('bundle_files', { run, privacy });
  }

  saveBundle(run: string, privacy: Privacy, without: readonly string[]): Promise<string> {
    return ask('save_bundle', { run, privacy, without });
  }

  async copy(text: string): Promise<void> {
    // The page's own way wants a click that just happened, where the platform has one that does not.
    if (!(await ask<boolean>('copy', { text }))) await navigator.clipboard.writeText(text);
  }

  desktopInfo(): Promise<DesktopInfo> {
    return ask('desktop_info');
  }

  readonly quit = (): Promise<void> => ask('quit');
}

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw Refusal.from(thrown);
  }
}
