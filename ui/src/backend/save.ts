/** Hands a file to the browser, which asks or knows where to keep it. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; without this the content stays in memory as long as the page.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
