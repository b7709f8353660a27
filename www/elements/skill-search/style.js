/**
 * How `<skill-search>` looks. What a page may set is on top.
 * Light or dark follows the `color-scheme` of the place where the element stands; contrasts are at least WCAG AA in both.
 */

export const SEARCH_CSS = `
:host {
  --_accent: var(--skill-search-accent, light-dark(#0f6b5c, #63cdb6));
  --_accent-ink: var(--skill-search-accent-ink, light-dark(#fff, #08231d));
  --_ink: var(--skill-search-ink, light-dark(#1d1f1e, #e9e7e2));
  --_muted: var(--skill-search-muted, light-dark(#5d625f, #a3a8a4));
  --_paper: var(--skill-search-paper, light-dark(#fff, #202423));
  --_surface: var(--skill-search-surface, light-dark(#fff, #1b1e1d));
  --_line: var(--skill-search-line, light-dark(#e0ddd6, #2f3432));
  --_field-line: var(--skill-search-field-line, light-dark(#8b8f8a, #7a807c));
  --_words: var(--skill-search-words, light-dark(#8a4b08, #e9b06d));
  --_danger: var(--skill-search-danger, light-dark(#a32a1d, #ff9d8f));
  --_shadow: var(--skill-search-shadow, 0 1px 2px rgb(0 0 0 / 8%), 0 8px 24px -12px rgb(0 0 0 / 30%));
  --_radius: var(--skill-search-radius, 12px);
  --_mono: var(--skill-search-mono, ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace);
  --_accent-wash: color-mix(in srgb, var(--_accent) 11%, var(--_surface));
  --_words-wash: color-mix(in srgb, var(--_words) 12%, var(--_surface));
  --_sunken: color-mix(in srgb, var(--_line) 50%, var(--_surface));
  display: block;
  color: var(--_ink);
  font-family: var(--skill-search-font, inherit);
  font-size: 1rem;
  line-height: 1.55;
  text-align: start;
}
:host([hidden]) { display: none; }
/*
 * How wide it is in a box that shrinks to fit. A container of queries has no width of its own, so both are said: what it likes, by .main, whose
 * column may shrink, and what it needs at least, here.
 */
:host::before { display: block; height: 0; content: ""; contain: inline-size; contain-intrinsic-inline-size: min(18rem, 50vw); }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, h5, h6, p, ul, ol, dl, dd, blockquote { margin: 0; padding: 0; }
ul { list-style: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.layout { position: relative; display: grid; grid-template-columns: minmax(0, 1fr); }
.layout.beside { grid-template-columns: minmax(0, 1fr) minmax(0, 30rem); column-gap: 2rem; }
.main { min-width: 0; container-type: inline-size; contain-intrinsic-inline-size: 40rem; }

button { font: inherit; cursor: pointer; }
.quiet { margin: 0 -.55rem; padding: .2rem .55rem; border: 1px solid transparent; border-radius: 7px; background: none; color: var(--_accent); font-size: .875rem; font-weight: 550; }
.quiet:hover { border-color: var(--_line); background: var(--_sunken); }
kbd { display: inline-block; min-width: 1.5rem; padding: .05rem .35rem; border: 1px solid var(--_line); border-radius: 5px; background: var(--_sunken); color: var(--_muted); font-family: inherit; font-size: .75rem; line-height: 1.4; text-align: center; }

/* Text box */

label { display: block; margin-bottom: .5rem; color: var(--_muted); font-size: .9375rem; }
.field {
  position: relative;
  display: flex;
  overflow: hidden;
  align-items: center;
  gap: .75rem;
  padding: 0 1rem;
  border: 1px solid var(--_field-line);
  border-radius: var(--_radius);
  background: var(--_paper);
  box-shadow: var(--_shadow);
}
.field:focus-within { border-color: var(--_accent); box-shadow: 0 0 0 3px var(--_accent-wash), var(--_shadow); }
.field:focus-within kbd { display: none; }
input { flex: 1; min-width: 0; padding: 1rem 0; border: 0; outline: 0; background: none; color: inherit; font: inherit; font-size: 1.125rem; text-align: start; }
input:focus-visible { outline: 0; }
input::placeholder { color: var(--_muted); opacity: 1; }
#clear { margin-inline-end: -.3rem; }
.lens, .privacy svg { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: var(--_muted); stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
.field:focus-within .lens { stroke: var(--_accent); }
progress { position: absolute; inset: auto 0 0; display: block; width: 100%; height: 3px; border: 0; background: transparent; appearance: none; }
progress::-webkit-progress-bar { background: transparent; }
progress::-webkit-progress-value { background: var(--_accent); }
progress::-moz-progress-bar { background: var(--_accent); }

/* How things stand */

.status { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; min-height: 1.375rem; margin-top: .75rem; color: var(--_muted); font-size: .8125rem; }
.privacy { display: flex; flex: 1 1 auto; align-items: center; gap: .5rem; }
.privacy svg { width: 1rem; height: 1rem; }
.state { display: flex; align-items: center; gap: .5rem; }
.loading { font-variant-numeric: tabular-nums; }
.loading .quiet { margin: 0 -.35rem 0 0; padding: 0 .35rem; font-size: inherit; }
.dot { flex: none; width: .5rem; height: .5rem; border-radius: 50%; background: var(--_muted); }
.state[data-state="ready"] .dot { background: var(--_accent); box-shadow: 0 0 0 3px var(--_accent-wash); }
.state[data-state="failed"] .dot { background: var(--_danger); }
.state:is([data-state="loading"], [data-state="words"]) .dot { background: var(--_words); animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .35; } }

.banner { display: flex; align-items: center; justify-content: space-between; gap: 1.25rem; margin-top: 1.25rem; padding: .9rem 1rem; border: 1px solid var(--_danger); border-radius: var(--_radius); background: var(--_surface); font-size: .9375rem; overflow-wrap: anywhere; }
.banner-title { color: var(--_danger); font-weight: 650; }
.banner button { flex: none; padding: .45rem .9rem; border: 0; border-radius: 8px; background: var(--_danger); color: var(--_surface); font-weight: 600; }

/* Answers */

.answer { margin-top: 2rem; }
.answer-head { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; padding-bottom: .6rem; }
.answer-head h2 { flex: none; color: var(--_muted); font-size: .875rem; font-weight: 550; }
.answer[data-fit="none"] .answer-head h2 { color: var(--_ink); }
.answer-line { display: flex; align-items: baseline; justify-content: flex-end; gap: .5rem 1.25rem; min-width: 0; }
.answer-stage { min-width: 0; color: var(--_muted); font-size: .8125rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.answer-stage:is([data-stage="retrieved"], [data-stage="reranked"]) { color: var(--_accent); }

/* The list stays where it is when the filter comes, and when it is open. */
.filter { position: relative; flex: none; color: var(--_muted); font-size: .8125rem; font-variant-numeric: tabular-nums; }
.filter-choices { position: absolute; inset-block-start: calc(100% + .35rem); inset-inline-end: 0; z-index: 1; width: max-content; max-width: min(22rem, 100cqi); margin: 0; padding: .75rem 1rem .9rem; border: 1px solid var(--_field-line); border-radius: var(--_radius); background: var(--_paper); color: var(--_ink); box-shadow: var(--_shadow); font-size: .875rem; }
.filter-choices legend { float: inline-start; width: 100%; margin-bottom: .35rem; padding: 0; color: var(--_muted); font-size: .8125rem; }
.filter-choices div { clear: both; }
.filter-choices label { display: flex; gap: .6rem; margin: 0; padding: .3rem 0; color: inherit; font-size: inherit; line-height: 1.35; cursor: pointer; }
.filter-choices input { padding: 0; flex: none; width: 1rem; height: 1rem; margin: .1rem 0 0; accent-color: var(--_accent); }
.count { color: var(--_muted); }
.meaning { display: block; color: var(--_muted); font-size: .8125rem; }
summary { color: var(--_accent); font-weight: 550; cursor: pointer; }
.results { display: grid; gap: .5rem; }
.results > * {
  display: grid;
  grid-template-columns: 1.5rem minmax(0, 1fr) 4.5rem;
  gap: .75rem;
  padding: .85rem 1rem;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
  background: var(--_surface);
  cursor: pointer;
}
.results > :hover { border-color: var(--_field-line); }
.results > [aria-selected="true"] { border-color: var(--_accent); box-shadow: inset 0 0 0 1px var(--_accent); }
.results > .open { border-color: var(--_accent); background: var(--_accent-wash); }
.results .open .chip { background: var(--_surface); }
.rank { color: var(--_muted); font-size: .875rem; font-variant-numeric: tabular-nums; line-height: 1.6rem; }
.card { display: grid; grid-template-columns: minmax(0, 1fr); gap: .3rem; min-width: 0; }
.name { font-weight: 640; overflow-wrap: anywhere; }
.description { display: -webkit-box; overflow: hidden; min-height: 2.9em; color: var(--_muted); font-size: .9063rem; line-height: 1.45; overflow-wrap: anywhere; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; }
.facts-line { display: flex; flex-wrap: wrap; gap: .35rem; min-height: 1.4rem; margin-top: .15rem; }
.chip { max-width: 100%; padding: .05rem .5rem; overflow: hidden; border-radius: 999px; background: var(--_sunken); color: var(--_muted); font-size: .75rem; line-height: 1.3rem; text-overflow: ellipsis; white-space: nowrap; }
.chip.words { background: var(--_words-wash); color: var(--_words); }
.chip:is(.meaning, .reranked) { background: var(--_accent-wash); color: var(--_accent); }
.chip.risk { border: 1px solid var(--_danger); border-radius: .65rem; background: none; white-space: normal; overflow-wrap: anywhere; color: var(--_danger); font-weight: 550; line-height: calc(1.3rem - 2px); }
.chip.own { border: 1px solid var(--_accent); background: none; color: var(--_accent); line-height: calc(1.3rem - 2px); }
.score { display: grid; align-content: start; gap: .3rem; padding-top: .1rem; text-align: end; }
.number { font-size: .875rem; font-variant-numeric: tabular-nums; }
.bar { height: 4px; overflow: hidden; border-radius: 2px; background: var(--_sunken); }
.bar > span { display: block; width: 0; height: 100%; border-radius: 2px; background: var(--_accent); transition: width .2s ease-out; }
.fit { justify-self: end; max-width: 100%; padding: .05rem .4rem; border: 1px solid; border-radius: 6px; font-size: .75rem; font-weight: 600; line-height: 1.2rem; text-align: center; }
.fit[data-word="strong"] { border-color: var(--_accent); background: var(--_accent); color: var(--_accent-ink); }
.fit[data-word="likely"] { color: var(--_accent); }
.fit[data-word="weak"] { border-style: dashed; color: var(--_words); }

/* Skills that are only the nearest ones: quiet, and as usable as any. */
.answer[data-late] .results { opacity: .5; }
.answer[data-fit="none"] .results > :not(.open) { border-style: dashed; background: none; }
.answer[data-fit="none"] .name { color: var(--_muted); }
.answer[data-fit="none"] .chip:not(.risk) { background: var(--_sunken); color: var(--_muted); }
.answer[data-fit="none"] .bar > span { background: var(--_muted); }
.keys { margin-top: 1rem; color: var(--_muted); font-size: .8125rem; }
#filter-all:not([hidden]) ~ .keys { display: none; }
.keys kbd:not(:first-child) { margin-inline-start: .35rem; }
.nothing { margin-top: 3rem; text-align: center; overflow-wrap: anywhere; }
.nothing h2 { font-size: 1.125rem; }
.nothing p { max-width: 34rem; margin: .4rem auto 0; color: var(--_muted); }

@container (max-width: 35.5rem) {
  .results > * { grid-template-columns: minmax(0, 1fr) 4.25rem; padding: .8rem .85rem; }
  .rank, .keys, .field kbd { display: none; }
  .banner { flex-direction: column; align-items: flex-start; gap: .75rem; }
}
/* In these widths a download has a line of its own. It takes room that is free anyway, so that the list stays where it is when it goes. */
@container (min-width: 35rem) and (max-width: 47rem) {
  .status { align-content: start; min-height: 3rem; margin-bottom: -1.625rem; }
  .banner { margin-top: 2rem; }
}
/* The line that nothing fits has its place in every width, so that the list stays where it is when it comes or goes. */
@container (max-width: 34rem) {
  .answer-head { flex-direction: column; align-items: stretch; gap: 0; }
  .answer-line { justify-content: space-between; }
}
@container (max-width: 22rem) {
  .answer-head h2 { font-size: .8125rem; }
}
@container (max-width: 19.5rem) {
  .answer-head h2 { min-height: 3.1em; }
}

/* Instructions: beside the list, or over the page */

.panel { inset: auto; width: auto; max-width: none; height: auto; margin: 0; padding: 1.25rem 1.5rem 2rem; overflow-y: auto; border: 1px solid var(--_line); border-radius: 16px; background: var(--_surface); color: inherit; box-shadow: var(--_shadow); overscroll-behavior: contain; }
.beside > .panel { position: sticky; top: 1rem; align-self: start; max-height: calc(100dvh - 2rem); }
.panel:modal { position: fixed; inset-block: 0; inset-inline: auto 0; width: min(100%, 42rem); height: 100dvh; max-height: none; border-width: 0; border-radius: 0; }
.panel::backdrop { background: rgb(0 0 0 / 45%); }
.panel-head, .panel-actions { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
.panel-head h2 { font-size: 1.375rem; font-weight: 680; line-height: 1.25; outline: 0; overflow-wrap: anywhere; }
.panel-head button { flex: none; }
.gone:not(:empty) { margin-top: .5rem; color: var(--_words); }
.panel-description { margin-top: .5rem; color: var(--_muted); overflow-wrap: anywhere; }
.panel h3 { color: var(--_muted); font-size: .875rem; font-weight: 550; }
.match, .copies, .panel-actions { margin-top: 1.25rem; padding-top: 1.1rem; border-top: 1px solid var(--_line); }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 1.75rem; margin-top: 1rem; font-size: .875rem; }
.facts dt { color: var(--_muted); font-size: .75rem; }
.facts dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.offers { display: flex; flex-wrap: wrap; gap: .6rem 1.5rem; margin-top: 1.1rem; font-size: .9375rem; }
.offer[open] { flex: 1 0 100%; }
.offer-content { margin-top: .5rem; padding: .8rem 1rem; border-radius: 9px; background: var(--_sunken); font-size: .875rem; }
.offer-content > div > * + *, .offer-content > * + * { margin-top: .6rem; }
.offer-content .note { overflow-wrap: anywhere; }
.offer-content li + li { margin-top: .25rem; }
.offer-content .quiet { margin: 0; margin-inline-start: -.55rem; text-align: start; overflow-wrap: anywhere; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; }
.choices label { margin: 0; color: inherit; font-size: inherit; }
select { padding: .25rem .4rem; border: 1px solid var(--_field-line); border-radius: 7px; background: var(--_paper); color: inherit; font: inherit; }
.command { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: last baseline; gap: .3rem .75rem; }
.command code { grid-column: 1 / -1; padding: .45rem .65rem; border: 1px solid var(--_line); border-radius: 7px; background: var(--_surface); font: .8125rem/1.5 var(--_mono); overflow-wrap: anywhere; user-select: all; }
.offer-content .command .quiet { margin: 0 -.55rem; }
.legs { margin-top: .35rem; font-size: .9375rem; }
.passage { margin-top: .6rem; padding: .65rem .9rem; border-inline-start: 3px solid var(--_accent); border-radius: 4px; background: var(--_sunken); font-size: .9375rem; overflow-wrap: anywhere; }
mark { border-radius: 3px; background: light-dark(#fde7b3, #57441a); color: inherit; }
.copies .grave { color: var(--_danger); }
.copies ul { margin-top: .35rem; font-size: .875rem; overflow-wrap: anywhere; }
.note { color: var(--_muted); }

/* Each paragraph has the direction that its own text has. */
.prose { margin-top: .75rem; font-size: .9688rem; line-height: 1.6; overflow-wrap: anywhere; }
.prose :is(p, li, h3, h4, h5, h6, th, td, pre) { unicode-bidi: plaintext; text-align: start; }
.prose > * + *, .prose :is(li, blockquote) > * + * { margin-top: .85em; }
.prose :is(h3, h4, h5, h6) { margin: 1.6em 0 0; color: inherit; font-size: 1.0625rem; font-weight: 650; line-height: 1.3; }
.prose h3 { font-size: 1.1875rem; }
.prose > :first-child { margin-top: 0; }
.prose :is(ul, ol) { padding-inline-start: 1.3em; }
.prose ul { list-style: disc; }
.prose li + li { margin-top: .3em; }
.prose li::marker { color: var(--_muted); }
.prose code { padding: .1em .3em; border-radius: 5px; background: var(--_sunken); font: .875em var(--_mono); }
.prose pre { margin-bottom: 0; padding: .8rem 1rem; overflow-x: auto; border-radius: 9px; background: var(--_sunken); line-height: 1.5; }
.prose pre code { padding: 0; background: none; overflow-wrap: normal; }
.prose blockquote { padding-inline-start: 1rem; border-inline-start: 3px solid var(--_line); color: var(--_muted); }
.prose hr { border: 0; border-top: 1px solid var(--_line); }
.prose .table { overflow-x: auto; }
.prose table { border-collapse: collapse; font-size: .9063rem; }
.prose :is(th, td) { padding: .4rem 0; padding-inline-end: .75rem; border-bottom: 1px solid var(--_line); vertical-align: top; overflow-wrap: normal; }
.prose .center { text-align: center; }
.prose .end { text-align: end; }
.prose .image { color: var(--_muted); }
.address { display: inline; max-width: 100%; padding: 0; border: 0; background: none; color: var(--_muted); text-align: start; text-decoration: underline dotted; text-underline-offset: .2em; overflow-wrap: anywhere; }
.address:is(:hover, [aria-expanded="true"]) { color: var(--_accent); }
.prose .address { font: .8125em/1.5 var(--_mono); }
.address-box { display: grid; gap: .35rem; margin: .4rem 0 .6rem; padding: .6rem .8rem; border: 1px solid var(--_line); border-radius: 9px; background: var(--_surface); color: var(--_ink); font-size: .875rem; font-weight: 400; text-align: start; }
.whole { color: var(--_muted); font: .8125rem/1.5 var(--_mono); overflow-wrap: anywhere; unicode-bidi: isolate; }
.whole strong { color: var(--_ink); }
.address-box .warning { color: var(--_words); }
.actions { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }

@media (max-width: 42rem) {
  .panel:modal { padding: 1.25rem; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
/* Windows high contrast keeps only borders. */
@media (forced-colors: active) {
  .bar > span { background: CanvasText; }
  .results > [aria-selected="true"] { outline: 2px solid Highlight; }
}
`;
