/**
 * The markup of `<skill-map>` and its style. The picture takes its colours from the legend. Contrasts are at least WCAG AA, light and dark.
 */

import { element, fragmentOf, inside, part } from '../markup.js';
import { addStyle } from '../style.js';

const MARKUP = `
  <search>
    <form id="ask" class="ask" novalidate hidden>
      <label for="task">Task</label>
      <input id="task" type="text" dir="auto" maxlength="4000" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search">
      <button class="primary" type="submit">Light up its routes</button>
    </form>
  </search>
  <p id="problem" class="problem" role="alert"></p>
  <p id="announcement" class="visually-hidden" role="status"></p>
  <div id="message" class="message"><p id="message-text"></p><button id="retry" class="action" type="button" hidden>Try again</button></div>
  <div id="layout" class="layout" hidden>
    <div class="stage">
      <div id="frame" class="frame" tabindex="0" role="application" aria-label="Map of the skills" aria-describedby="keys">
        <canvas id="canvas" role="img"></canvas>
        <p id="tip" class="tip" aria-hidden="true" hidden><bdi id="tip-name" dir="auto"></bdi><span id="tip-rank"></span></p>
      </div>
      <div class="buttons" role="group" aria-label="Zoom">
        <button id="zoom-in" class="action" type="button" aria-label="Zoom in">+</button>
        <button id="zoom-out" class="action" type="button" aria-label="Zoom out">−</button>
        <button id="zoom-whole" class="action" type="button">Whole map</button>
        <button id="zoom-routes" class="action" type="button" hidden>To the routes</button>
      </div>
      <p id="keys" class="note">Drag, pinch or double click; the wheel zooms once the map has focus. Keys: arrows move, + and − zoom, 0 shows all,
        and the skill in the middle is named.</p>
    </div>
    <div class="side">
      <h3 id="routes-title">Routes of the task</h3>
      <p id="routes-note" class="note">None yet: write a task above.</p>
      <ol id="routes" class="routes" aria-labelledby="routes-title"></ol>
      <h3>What is drawn</h3>
      <ul class="legend">
        <li><span class="swatch point"></span>A skill; stronger where several lie on each other</li>
        <li><span class="swatch best"></span>The first route</li>
        <li><span class="swatch good"></span>The second and third</li>
        <li><span class="swatch other"></span>The routes after them</li>
        <li><span class="swatch task"></span>The task: the middle of its routes, those with a higher score weighing more</li>
      </ul>
      <p class="note">Skills of like meaning stand near each other. Far distances and directions mean nothing. Words on the map are those
        that many names there share.</p>
    </div>
  </div>
`;

const CSS = `
:host {
  --_accent: var(--skill-map-accent, light-dark(#0f6b5c, #63cdb6));
  --_accent-ink: var(--skill-map-accent-ink, light-dark(#fff, #08231d));
  --_ink: var(--skill-map-ink, light-dark(#1d1f1e, #e9e7e2));
  --_muted: var(--skill-map-muted, light-dark(#5d625f, #a3a8a4));
  --_surface: var(--skill-map-surface, light-dark(#fff, #1b1e1d));
  --_line: var(--skill-map-line, light-dark(#e0ddd6, #2f3432));
  --_field-line: var(--skill-map-field-line, light-dark(#8b8f8a, #7a807c));
  --_task: var(--skill-map-task, light-dark(#8a4b08, #e9b06d));
  --_danger: var(--skill-map-danger, light-dark(#a32a1d, #ff9d8f));
  --_point: var(--skill-map-point, light-dark(#6f7b76, #87938d));
  --_sunken: color-mix(in srgb, var(--_line) 50%, var(--_surface));
  display: block;
  container-type: inline-size;
  contain-intrinsic-inline-size: min(40rem, 50vw); /* In a box that shrinks to fit. */
  color: var(--_ink);
  line-height: 1.55;
  text-align: start;
}
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h3, p, ol, ul { margin: 0; padding: 0; }
h3 { font-size: .875rem; font-weight: 600; }
ol, ul { list-style: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.note { color: var(--_muted); font-size: .8125rem; overflow-wrap: anywhere; }

.ask { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .35rem .6rem; }
label { grid-column: 1 / -1; color: var(--_muted); font-size: .875rem; }
input { min-width: 0; padding: .5rem .7rem; border: 1px solid var(--_field-line); border-radius: 9px; background: var(--_surface); color: inherit; font: inherit; }
button { font: inherit; cursor: pointer; }
.primary { padding: .5rem 1rem; border: 1px solid var(--_accent); border-radius: 9px; background: var(--_accent); color: var(--_accent-ink); font-weight: 600; }
.action { min-width: 2.25rem; padding: .3rem .7rem; border: 1px solid var(--_field-line); border-radius: 9px; background: var(--_surface); color: inherit; font-size: .875rem; }
.action:hover { border-color: var(--_accent); color: var(--_accent); }
.problem { margin-block-start: .5rem; color: var(--_danger); font-size: .9375rem; overflow-wrap: anywhere; }
.problem:empty { display: none; }
.message { display: flex; flex-wrap: wrap; align-items: center; gap: .9rem; margin-block-start: .9rem; color: var(--_muted); overflow-wrap: anywhere; }

.layout { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; margin-block-start: .9rem; }
.stage { display: grid; grid-template-columns: minmax(0, 1fr); gap: .6rem; align-content: start; }
.frame { position: relative; overflow: hidden; height: min(34rem, 90cqi); border: 1px solid var(--_line); border-radius: 12px; background: var(--_surface); cursor: grab; direction: ltr; touch-action: pan-y; user-select: none; -webkit-user-select: none; forced-color-adjust: none; }
.frame.zoomed { touch-action: none; }
.frame.pointing { cursor: pointer; }
.frame:active { cursor: grabbing; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.tip { position: absolute; inset-block-start: 0; left: 0; max-width: min(20rem, 90%); padding: .15rem .55rem; border-radius: 7px; background: var(--_ink); color: var(--_surface); font-size: .8125rem; pointer-events: none; overflow-wrap: anywhere; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
#zoom-in, #zoom-out { font-weight: 600; line-height: 1.3; }

.side { display: grid; gap: .5rem; align-content: start; min-width: 0; }
.side h3:not(:first-child) { margin-block-start: .75rem; }
.routes button { display: flex; align-items: baseline; gap: .55rem; width: 100%; padding: .25rem .4rem; border: 1px solid transparent; border-radius: 8px; background: none; color: inherit; font-size: .875rem; text-align: start; overflow-wrap: anywhere; }
.routes button > span { min-width: 0; }
.routes button:hover, .routes [aria-pressed="true"] { border-color: var(--_line); background: var(--_sunken); }
.rank { flex: none; display: inline-grid; place-items: center; align-self: start; width: 1.35rem; height: 1.35rem; border: 2px solid; border-radius: 50%; font-size: .6875rem; font-weight: 650; font-variant-numeric: tabular-nums; forced-color-adjust: none; }
.rank.best { border-color: var(--_accent); background: var(--_accent); color: var(--_accent-ink); }
.rank.good { border-color: var(--_accent); background: var(--_surface); color: var(--_ink); }
.rank.other { border-color: var(--_field-line); background: var(--_surface); color: var(--_ink); }
.missing { display: block; color: var(--_muted); font-size: .8125rem; }
.legend { display: grid; gap: .3rem; font-size: .8438rem; }
.legend li { display: flex; align-items: baseline; gap: .6rem; }
.swatch { flex: none; width: .8rem; height: .8rem; border: 2px solid; border-radius: 50%; forced-color-adjust: none; }
.swatch.point { scale: .7; border-color: var(--_point); background: var(--_point); }
.swatch.best { border-color: var(--_accent); background: var(--_accent); color: var(--_accent-ink); }
.swatch.good { border-color: var(--_accent); }
.swatch.other { border-color: var(--_field-line); }
.swatch.task { scale: .8; rotate: 45deg; border-color: var(--_task); border-radius: 0; background: var(--_task); }

@container (min-width: 46rem) {
  .layout { grid-template-columns: minmax(0, 1fr) 15.5rem; }
}
@container (max-width: 30rem) {
  .ask { grid-template-columns: minmax(0, 1fr); }
}
`;

/** @param {ShadowRoot} root gets markup and style */
export function furnish(root) {
  addStyle(root, CSS);
  root.append(fragmentOf(MARKUP));
}

/**
 * Colours and font as they are now, from whatever style sheet.
 * @param {ShadowRoot} root
 * @returns {import('./marks.js').Look & { point: [number, number, number] }}
 */
export function readLook(root) {
  const colourOf = (/** @type {string} */ name) => getComputedStyle(inside(root, `.swatch.${name}`)).borderTopColor;
  const frame = getComputedStyle(part('frame', null, root));
  return {
    best: colourOf('best'),
    good: colourOf('good'),
    other: colourOf('other'),
    task: colourOf('task'),
    ink: frame.color,
    paper: frame.backgroundColor,
    best_ink: getComputedStyle(inside(root, '.swatch.best')).color,
    font: frame.fontFamily,
    point: componentsOf(colourOf('point')),
  };
}

/** Any way to write a colour, as red, green and blue. @param {string} colour @returns {[number, number, number]} */
function componentsOf(colour) {
  const context = /** @type {CanvasRenderingContext2D} */ (element('canvas', { width: 1, height: 1 }).getContext('2d'));
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
