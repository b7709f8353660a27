/**
 * How the suggestions look. `:host` with `!important` is what no style of a page can reach.
 */

export const HELPER_CSS = `
:host { all: initial !important; position: fixed !important; inset: 0 auto auto 0 !important; width: 0 !important; height: 0 !important; }
*, *::before, *::after { box-sizing: border-box; }
.bar {
  --ink: light-dark(#1d1f1e, #e9e7e2);
  --muted: light-dark(#5d625f, #a3a8a4);
  --accent: light-dark(#0f6b5c, #63cdb6);
  --surface: light-dark(#fff, #1b1e1d);
  --line: light-dark(#d5d2ca, #3a403d);
  --words: light-dark(#8a4b08, #e9b06d);
  color-scheme: light;
  position: fixed;
  inset: auto;
  max-width: calc(100vw - 12px);
  margin: 0;
  padding: 5px;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  box-shadow: 0 1px 2px rgb(0 0 0 / 8%), 0 8px 24px -12px rgb(0 0 0 / 35%);
  color: var(--ink);
  font: 13px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
.bar[data-theme="dark"] { color-scheme: dark; }
.bar:popover-open { display: flex; flex-wrap: wrap; align-items: center; gap: 5px; }
button { font: inherit; color: inherit; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.chip { display: inline-flex; align-items: center; gap: 7px; max-width: 22em; padding: 4px 10px; border: 1px solid var(--line); border-radius: 999px; background: none; font-weight: 550; }
.chip:hover { border-color: var(--accent); color: var(--accent); }
.chip bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.fit { flex: none; color: var(--accent); font-size: 12px; font-weight: 500; }
.fit.weak { color: var(--words); }
.quiet { padding: 4px 7px; border: 1px solid transparent; border-radius: 7px; background: none; color: var(--muted); font-size: 12px; }
.quiet:hover { border-color: var(--line); color: var(--ink); }
.said { padding: 4px 8px; }
.status { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { .chip, .quiet { border-color: ButtonText; } }
`;
