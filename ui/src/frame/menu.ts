/**
 * The webview's context menu in the desktop window: it offers Reload and Back, which mean nothing there. Kept where it
 * has something to cut, copy or paste. A browser keeps its own everywhere.
 */

const FIELDS = 'textarea, input:not([type="button"], [type="checkbox"], [type="radio"], [type="submit"])';

/** For `contextmenu` events. */
export function trimMenu(event: Event): void {
  const { target } = event;
  if (!(target instanceof Element) || target.closest(FIELDS)) return;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.containsNode(target, true)) return;
  event.preventDefault();
}
