/// <reference types="svelte" />
/// <reference types="vite/client" />

/** Version of this package, set by the build. */
declare const __UI_VERSION__: string;
