/** Takes the gateway's token out of the address and keeps it for this tab only. */
const KEY = 'linekeeper.token';

interface Tab {
  location: Pick<Location, 'hash' | 'pathname'>;
  history: Pick<History, 'replaceState'>;
  sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
}

/** The token from `#token=…`, which leaves the address bar at once, or the one this tab had before. */
export function takeToken(tab: Tab): string | null {
  const fresh = new URLSearchParams(tab.location.hash.replace(/^#/, '')).get('token');
  if (!fresh) return tab.sessionStorage.getItem(KEY);
  tab.sessionStorage.setItem(KEY, fresh);
  tab.history.replaceState(null, '', tab.location.pathname);
  return fresh;
}
