/** How stages are drawn and spoken. */
import type { Shape } from '../overview/condition';
import { words } from '../words/words.svelte';
import type { Says, Stage, StageState } from './stages';

export const STATES: Record<StageState, Shape> = {
  pass: 'up', warn: 'fallback', fail: 'trouble', error: 'trouble', running: 'connecting', cancelled: 'paused', skip: 'offline', na: 'offline', awaited: 'offline',
};

function spoken(says: Says): string {
  if ('raw' in says) return says.raw;
  return 'key' in says ? words.speak(says) : words.finding(says);
}

/** What a stage says: what it does, what it learned, or what is wrong. */
export function said({ name, state, says }: Stage): string {
  if (state === 'running') return words.say(`stage-doing-${name}`);
  return says === null ? '' : spoken(says);
}
