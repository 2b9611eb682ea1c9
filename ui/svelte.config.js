// Runes everywhere: a file that still uses the old reactivity does not compile.
export default { compilerOptions: { runes: true } };
