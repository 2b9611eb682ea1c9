/** The answer of a check as it is drawn: tone, sentences, and what the connection does meanwhile. Pure. */
import type { CheckReport, Finding, Severity } from '../generated';
import type { Shape, Tone } from '../overview/condition';
import { countdown } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';

/** Findings beside the first that are shown without being asked for. */
const BESIDE = 3;

export function tone({ verdict }: CheckReport): Tone {
  if (verdict.class === 'ok') return 'good';
  return verdict.class === 'degraded' || verdict.class === 'incomplete' ? 'notice' : 'trouble';
}

export const SHAPES: Record<Severity, Shape> = { info: 'offline', warn: 'fallback', fail: 'trouble' };

/** The finding the verdict rests on. */
export function primary({ findings, verdict }: CheckReport): Finding | null {
  return findings.find((finding) => finding.code === verdict.primary && !finding.suppressed_by) ?? null;
}

/** Others worth reading: not consequences of the first, and not said beside it. */
export function beside(report: CheckReport): Finding[] {
  const told = [primary(report), backup(report)];
  return report.findings.filter((finding) => !told.includes(finding) && !finding.suppressed_by && !finding.code.startsWith('OK-')).slice(0, BESIDE);
}

/** A backup host that keeps the connection going meanwhile, or could. */
export function backup(report: CheckReport): Finding | null {
  const about = primary(report)?.endpoint;
  return report.findings.find(({ code, endpoint }) => code === 'TC-12' && endpoint === about) ?? null;
}

/** What the live connection does meanwhile; `null` without an agent. */
export function meanwhile(report: CheckReport): Phrase | null {
  const about = primary(report)?.endpoint;
  const endpoint = report.endpoints.find(({ id }) => id === about) ?? (report.endpoints.length === 1 ? report.endpoints[0] : undefined);
  const live = endpoint?.live;
  if (!live?.state) return null;
  const count = live.waiting;
  if (live.state === 'connected') {
    const transport = phrase(`transport-${(live.transport ?? 'websocket').replaceAll('_', '-')}`);
    return phrase('check-meanwhile-up', { transport, count });
  }
  return live.retry_in_ms === null ? phrase('check-meanwhile-down', { count }) : phrase('check-meanwhile-retry', { duration: countdown(live.retry_in_ms), count });
}
