/** What the agent says about a problem beyond the sentence of its code. Pure. */

/** Whether the agent's message says more than the code's own sentence, in English, does. */
export function isSpecific(message: string, sentence: string): boolean {
  const bare = (text: string) => text.replace(/[’']/g, '').trim();
  return message !== '' && bare(message) !== bare(sentence);
}
