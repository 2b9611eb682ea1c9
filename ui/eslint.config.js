// Rules for everything written by hand; src/generated belongs to the crate `model`.
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/generated/'] },
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      'svelte/no-at-html-tags': 'error',
      // style="…" in markup breaks the content security policy; style: directives go through the CSSOM and do not.
      'no-restricted-syntax': ['error', { selector: 'SvelteStartTag > SvelteAttribute[key.name="style"]', message: 'forbidden by the CSP' }],
      'svelte/button-has-type': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
);
