/** Chooses the backend by where the page runs. */
import type { Backend } from './backend';
import { GatewayBackend } from './gateway';
import { takeToken } from './token';

/** `null` when a browser came without a token. */
export async function openBackend(tab: Window): Promise<Backend | null> {
  if ('__TAURI_INTERNALS__' in tab) {
    const { TauriBackend } = await import('./tauri');
    return new TauriBackend();
  }
  const token = takeToken(tab);
  return token === null ? null : new GatewayBackend(token);
}

export * from './backend';
