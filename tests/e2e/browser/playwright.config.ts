// Runs the UI in the Chromium of this machine: against the real agent (live.spec.ts) and against invented states
// that a healthy agent does not show (layout.spec.ts).
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  outputDir: '../.artifacts/browser',
  // Agents and their ports are per test; two at a time would only fight for the two cores.
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  testIgnore: process.env['LINEKEEPER_SHOTS'] ? [] : ['shots.spec.ts'],
  use: {
    locale: 'en-US',
    colorScheme: 'light',
    viewport: { width: 980, height: 640 },
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
