/** Opens the backend, chooses the language, mounts the window. */
import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { openBackend } from './backend';
import { words } from './words/words.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

// A fresh link pasted into this tab changes only the fragment, which loads nothing by itself.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload();
});

const backend = await openBackend(window);
// The desktop's language is worth a moment, not an empty window.
const info = await Promise.race([
  backend?.desktopInfo().catch(() => null),
  new Promise<null>((resolve) => {
    setTimeout(resolve, 500, null);
  }),
]);
words.begin([info?.language, ...navigator.languages]);
mount(App, { target, props: { backend } });
