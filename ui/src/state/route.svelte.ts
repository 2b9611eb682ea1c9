/** Which section is open, kept in the address so that Back and reload work. */
export const SECTIONS = ['overview', 'messages', 'sending', 'check', 'help'] as const;
export type Section = (typeof SECTIONS)[number];

/** An address that begins a check; `window.rs` of the shell leads here. */
const CHECK_NOW = 'check-now';

class Route {
  section = $state<Section>('overview');
  /** Endpoint the messages are narrowed to, whose sending is open, or that is checked; empty for all, or none. */
  endpoint = $state('');
  /** Where a person asked for a check that has not begun. */
  wantsCheck = $state<'tray' | 'window' | null>(null);

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const follow = () => {
      const [section, endpoint = ''] = location.hash.replace(/^#\/?/, '').split('/');
      if (section === CHECK_NOW) {
        this.wantsCheck = 'tray';
        // Going back must not begin another check.
        location.replace(address('check'));
        return;
      }
      this.section = SECTIONS.find((known) => known === section) ?? 'overview';
      this.endpoint = decode(endpoint);
    };
    follow();
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }

  /** Opens the page that checks and has it begin. */
  check(endpoint: string): void {
    this.wantsCheck = 'window';
    this.go('check', endpoint);
  }

  go(section: Section, endpoint = ''): void {
    location.hash = address(section, endpoint);
  }
}

export function address(section: Section, endpoint = ''): string {
  return endpoint === '' ? `#/${section}` : `#/${section}/${encodeURIComponent(endpoint)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export const route = new Route();
