// Builds the one bundle that serves both the desktop window and a browser at the gateway.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import pack from './package.json' with { type: 'json' };

export default defineConfig({
  plugins: [svelte()],
  base: './',
  define: { __UI_VERSION__: JSON.stringify(pack.version) },
  build: {
    target: ['es2022', 'safari16'],
    // The content security policy allows files of our own only: nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` talks to a running agent; put its token behind #token= in the address.
    proxy: { '/v1': { target: process.env['LINEKEEPER_GATEWAY'] ?? 'http://127.0.0.1:7878', changeOrigin: true } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
