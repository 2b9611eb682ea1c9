/** The agent's problems and those only the desktop knows, each once. Pure. */
import type { DesktopInfo } from '../backend';
import type { ErrorCode, Problem } from '../generated';

export function allProblems(problems: readonly Problem[], desktop: DesktopInfo | null): Problem[] {
  const seen = (code: ErrorCode) => problems.some((problem) => problem.code === code);
  const missing: ErrorCode[] = [];
  if (desktop && !desktop.trayHost && !seen('tray_unavailable')) missing.push('tray_unavailable');
  if (desktop && !desktop.notifications && !seen('notifications_unavailable')) missing.push('notifications_unavailable');
  return [...problems, ...missing.map((code) => ({ code, message: '', detail: '', endpoint: null }))];
}

/** Whether the agent's message says more than the code's own sentence, in English, does. */
export function isSpecific(message: string, sentence: string): boolean {
  const bare = (text: string) => text.replace(/[’']/g, '').trim();
  return message !== '' && bare(message) !== bare(sentence);
}
