/**
 * Makes text from a server fit to be shown: control and bidirectional override characters go, length is capped.
 * It is shown as text only, never as markup.
 */

/** C0 and C1 controls except tab and newline, bidi marks, embeddings, overrides and isolates, BOM, line separators. */
const UNWANTED = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFB]/g;

/** On one line, at most `cap` characters. */
export function oneLine(text: string, cap = 300): string {
  return cut(text.slice(0, cap * 4).replace(/\s+/g, ' ').replace(UNWANTED, '').trim(), cap);
}

/** Lines kept, at most `cap` characters. */
export function manyLines(text: string, cap = 65_536): string {
  return cut(text.slice(0, cap + 1).replace(/\r\n?/g, '\n').replace(UNWANTED, ''), cap);
}

function cut(text: string, cap: number): string {
  if (text.length <= cap) return text;
  // Not through the middle of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(cap - 1)) ? cap - 1 : cap;
  return `${text.slice(0, end)}…`;
}
