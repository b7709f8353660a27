/**
 * How `<own-skills>` looks, with the custom properties of `<skill-search>`, so that a page sets the colours of both at once.
 */

export const OWN_SKILLS_CSS = `
:host {
  --_accent: var(--skill-search-accent, light-dark(#0f6b5c, #63cdb6));
  --_ink: var(--skill-search-ink, light-dark(#1d1f1e, #e9e7e2));
  --_muted: var(--skill-search-muted, light-dark(#5d625f, #a3a8a4));
  --_surface: var(--skill-search-surface, light-dark(#fff, #1b1e1d));
  --_line: var(--skill-search-line, light-dark(#e0ddd6, #2f3432));
  --_field-line: var(--skill-search-field-line, light-dark(#8b8f8a, #7a807c));
  --_danger: var(--skill-search-danger, light-dark(#a32a1d, #ff9d8f));
  --_radius: var(--skill-search-radius, 12px);
  --_sunken: color-mix(in srgb, var(--_line) 50%, var(--_surface));
  display: block;
  color: var(--_ink);
  font-family: var(--skill-search-font, inherit);
  font-size: .9375rem;
  line-height: 1.5;
  text-align: start;
  container-type: inline-size;
  contain-intrinsic-inline-size: min(24rem, 50vw); /* In a box that shrinks to fit. */
}
:host([hidden]) { display: none; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, p, ul { margin: 0; padding: 0; }
ul { list-style: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.panel { position: relative; }
h2 { font-size: 1.125rem; font-weight: 650; letter-spacing: -.01em; }
.privacy { display: flex; align-items: baseline; gap: .5rem; margin-top: .35rem; color: var(--_muted); font-size: .8125rem; }
.privacy svg { flex: none; align-self: start; width: 1rem; height: 1rem; margin-top: .1rem; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }

button { padding: .45rem .9rem; border: 1px solid var(--_field-line); border-radius: 9px; background: var(--_surface); color: var(--_ink); font: inherit; cursor: pointer; }
button:hover { border-color: var(--_accent); color: var(--_accent); }
.quiet { padding: .2rem .55rem; border-color: transparent; border-radius: 7px; background: none; color: var(--_accent); font-size: .875rem; font-weight: 550; }
.quiet:hover { border-color: var(--_line); background: var(--_sunken); }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; }

.drop { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1.25rem; margin-top: .9rem; padding: 1.1rem 1.25rem; border: 1.5px dashed var(--_field-line); border-radius: var(--_radius); background: var(--_surface); transition: border-color .12s, background .12s; }
.drop.over { border-style: solid; border-color: var(--_accent); background: color-mix(in srgb, var(--_accent) 11%, var(--_surface)); }

.question, .work { margin-top: .9rem; padding: .9rem 1.1rem; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); overflow-wrap: anywhere; }
.question .buttons { margin-top: .75rem; }
.work { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: .5rem 1rem; font-variant-numeric: tabular-nums; }
.work progress { grid-row: 2; width: 100%; }
.work button { grid-row: 1 / span 2; grid-column: 2; }
progress { display: block; height: 6px; overflow: hidden; border: 0; border-radius: 3px; background: var(--_sunken); appearance: none; }
progress::-webkit-progress-bar { background: var(--_sunken); }
progress::-webkit-progress-value { border-radius: 3px; background: var(--_accent); transition: width .2s ease-out; }
progress::-moz-progress-bar { border-radius: 3px; background: var(--_accent); }

.outcomes { overflow-wrap: anywhere; }
.outcomes > li { margin-top: .75rem; }
.failed { margin-top: .75rem; color: var(--_danger); overflow-wrap: anywhere; }
.outcomes .warning { padding-inline-start: .75rem; border-inline-start: 3px solid var(--_danger); }
details { margin-top: .35rem; font-size: .875rem; }
summary { width: fit-content; color: var(--_accent); cursor: pointer; }
details ul { max-height: 16rem; margin-top: .35rem; overflow-y: auto; color: var(--_muted); }
details li { padding: .15rem 0; }
details .path { color: var(--_ink); unicode-bidi: isolate; }

.sources { margin-top: .9rem; }
.sources:empty { margin: 0; }
.sources > li { display: flex; align-items: center; justify-content: space-between; gap: .25rem 1rem; padding: .5rem 0; border-top: 1px solid var(--_line); }
.source { min-width: 0; overflow-wrap: anywhere; }
.source .name { font-weight: 600; unicode-bidi: isolate; }
.count, .total { color: var(--_muted); font-size: .875rem; font-variant-numeric: tabular-nums; }
.sources .buttons { flex: none; flex-wrap: nowrap; gap: .25rem; }
.total { display: flex; align-items: center; justify-content: space-between; padding-top: .5rem; border-top: 1px solid var(--_line); }

@container (max-width: 30rem) {
  .drop { flex-direction: column; align-items: stretch; padding: 1rem; text-align: center; }
  .drop .buttons { justify-content: center; }
  .sources > li { flex-wrap: wrap; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
/* Windows high contrast keeps only borders. */
@media (forced-colors: active) {
  progress { border: 1px solid CanvasText; }
  .drop.over { outline: 2px solid Highlight; }
}
`;
