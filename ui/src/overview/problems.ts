/** The agent's problems and those only the desktop knows, each once. Pure. */
import type { DesktopInfo } from '../backend';
import type { ErrorCode, Problem } from '../generated';

export function allProblems(problems: readonly Problem[], desktop: DesktopInfo | null): Problem[] {
  const seen = (code: ErrorCode) => problems.some((problem) => problem.code === code);
  const missing: ErrorCode[] = [];
  if (desktop && !desktop.trayHost && !seen('tray_unavailable')) missing.push('tray_unavailable');
  if (desktop && !desktop.notifications && !seen('notifications_unavailable')) missing.push('notifications_unavailable');
  return [...problems, ...missing.map((code) => ({ code, message: code, detail: '', endpoint: null }))];
}
