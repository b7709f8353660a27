/**
 * How the view of two skills looks, on top of the element's own style.
 */

export const COMPARE_CSS = `
.compare { width: min(100% - 2rem, 78rem); max-width: none; max-height: calc(100dvh - 2rem); margin: auto; padding: 1.25rem 1.5rem 2rem; overflow-y: auto; border: 1px solid var(--_line); border-radius: 16px; background: var(--_surface); color: inherit; box-shadow: var(--_shadow); overscroll-behavior: contain; }
.compare::backdrop { background: rgb(0 0 0 / 45%); }
.compare h3 { margin-top: 1.5rem; color: var(--_muted); font-size: .875rem; font-weight: 550; }
.legend { margin: .35rem 0 1rem; color: var(--_muted); font-size: .875rem; }
#compare-summary { font-size: .875rem; }
.sides { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .9063rem; text-align: start; }
.sides :is(th, td) { padding: .4rem .6rem; border-bottom: 1px solid var(--_line); vertical-align: top; text-align: start; overflow-wrap: anywhere; }
.sides thead th { font-size: 1rem; font-weight: 640; }
.sides :is(thead td, th[scope="row"]) { width: 8.5rem; padding-inline-start: 0; color: var(--_muted); font-size: .8125rem; font-weight: 400; }
.lines { margin-top: .6rem; border: 1px solid var(--_line); font-size: .8125rem; line-height: 1.5; }
.lines td:not(.folded) { font-family: var(--_mono); }
.lines td { padding: .1rem .6rem; border-bottom: 0; white-space: pre-wrap; unicode-bidi: plaintext; }
.lines td + td { border-inline-start: 1px solid var(--_line); }
.lines .same { color: var(--_muted); }
.lines .empty { background: var(--_sunken); }
.lines .folded { padding: .2rem 1.1rem; background: var(--_sunken); }
.lines td:focus { outline: 0; }
:is(del, ins) { padding: 0 .1em; border-radius: 3px; color: var(--_ink); text-decoration: none; }
del { background: light-dark(#fbdcd7, #522620); }
ins { background: light-dark(#d3efdd, #1d4330); }
.sign { margin-inline-end: .25em; font-weight: 700; user-select: none; }

/* One column: what is the same stands once, and of two lines the second below the first. */
@media (max-width: 44rem) {
  .compare { width: 100%; height: 100dvh; max-height: none; padding: 1.25rem; border-width: 0; border-radius: 0; }
  .sides :is(tbody, tr, th, td) { display: block; width: auto; border-bottom: 0; }
  .sides:not(.lines) tr { padding: .35rem 0; border-bottom: 1px solid var(--_line); }
  .sides:not(.lines) :is(th, td) { padding: .15rem 0; }
  .sides :is(thead td, .twin, .empty) { display: none; }
  .sides thead, .sides thead tr { display: block; }
  .sides thead th::before { color: var(--_muted); font-size: .8125rem; font-weight: 400; content: "First: "; }
  .sides thead th + th::before { content: "Second: "; }
  .lines td + td { border-inline-start: 0; }
}
@media (forced-colors: active) {
  del { text-decoration: line-through; }
  ins { text-decoration: underline; }
}
`;
