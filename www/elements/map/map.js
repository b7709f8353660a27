/**
 * `<skill-map>`: the skills of an index as points in the plane, and a task with its routes lit up on it.
 *
 *     <script type="module" src="elements/map/map.js"></script>
 *     <skill-map></skill-map>
 *     document.querySelector('skill-map').router = await SkillRouter.open();
 *
 * The element itself: when the map is fetched, what is asked and shown, and where the view goes.
 */

import { isAbort } from '../../shared/error.js';
import { part } from '../markup.js';
import { restyle } from '../style.js';
import { Gestures } from './gestures.js';
import { inSlices } from './layer.js';
import { RouteList } from './list.js';
import { placeOfTask } from './marks.js';
import { furnish, readLook } from './markup.js';
import { Picture } from './picture.js';
import { Points } from './points.js';
import { Tip } from './tip.js';
import { Travel } from './travel.js';
import { around, centred, scaleOf, toMap, toScreen } from './view.js';
import { NameWords } from './words.js';

/** @typedef {import('../../client.js').Answer} Answer */

const N_ROUTES = 10;
/** As far from a point as this, in CSS pixels, it is pointed at: a finger is wider than a point. */
const REACH = 14;
const REACH_OF_MIDDLE = 60;
const KEY_STEP = 0.15; // Of the picture's width or height.
const KEY_FACTOR = 1.6;
/** Near enough to see what stands around a skill. */
const CHOSEN_ZOOM = 5;
/** A reader is told where the keyboard has come to when it rests. */
const REST_MS = 350;
const NO_MAP =
  'This index has no map. Build it again with this version of skillrouter (skillrouter index), which makes one, and the map appears here.';

export class SkillMap extends (globalThis.HTMLElement ?? class {}) {
  #root = this.attachShadow({ mode: 'open' });
  /** @type {import('../../client.js').SkillRouter | null} */
  #router = null;
  #picture;
  #travel;
  #tip;
  #list;
  /** @type {import('./picture.js').SkillMap | null} */
  #map = null;
  /** @type {{ task: string, answer: Answer } | null} */
  #shown = null;
  /** Skills that are pointed at: by hand or from the list, by keyboard, and the last that was chosen. */
  #pointed = { by_hand: null, by_keys: null, chosen: null };
  /** @type {AbortController | null} of what is asked */
  #asking = null;
  /** @type {AbortController | null} of the map that is fetched */
  #loading = null;
  #is_near = false;
  #rest = 0;
  #nearness;
  #scheme = new AbortController();

  constructor() {
    super();
    furnish(this.#root);
    this.#picture = new Picture(this.#part('canvas', HTMLCanvasElement), () => readLook(this.#root));
    this.#travel = new Travel(this.#picture, (view) => this.#noteView(view));
    this.#tip = new Tip(this.#part('tip'), this.#part('tip-name'), this.#part('tip-rank'));
    const wishes = { onPoint: (/** @type {number | null} */ skill_idx) => this.#point({ by_hand: skill_idx }), onChoose: (/** @type {number} */ skill_idx) => this.#choose(skill_idx, true) };
    this.#list = new RouteList(this.#part('routes'), this.#part('routes-note'), wishes);
    this.#listen();
    new ResizeObserver(([{ contentRect: { width, height } }]) => this.#travel.resize({ width, height })).observe(this.#part('frame'));
    this.#nearness = new IntersectionObserver((entries) => this.#noteNear(entries), { rootMargin: '200px' });
    this.#showMessage('Waiting for the index…');
  }

  /** Whose skills are drawn. The map is fetched when the element comes near what is seen. */
  get router() {
    return this.#router;
  }

  set router(router) {
    this.#router = router;
    this.#asking?.abort();
    this.#loading?.abort();
    this.#loading = null;
    this.#shown = null;
    this.#showMap(null);
    this.#showMessage(router ? 'The map is being fetched…' : 'Waiting for the index…');
    if (this.#is_near) void this.#load();
  }

  adoptedCallback() {
    restyle(this.#root);
  }

  connectedCallback() {
    this.#nearness.observe(this);
    this.#scheme = new AbortController();
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.#picture.renew(), { signal: this.#scheme.signal });
    }
  }

  disconnectedCallback() {
    this.#nearness.disconnect();
    this.#is_near = false;
    this.#scheme.abort();
    this.#asking?.abort();
    this.#picture.stop();
    this.#travel.stop();
  }

  /** Lights up an answer that the page has. @param {string} task @param {Answer} answer */
  light(task, answer) {
    this.#asking?.abort();
    this.#part('task', HTMLInputElement).value = task;
    this.#show(task, answer);
    this.#sayRoutes();
  }

  // The map

  /** @param {IntersectionObserverEntry[]} entries */
  #noteNear(entries) {
    this.#is_near = entries[entries.length - 1].isIntersecting;
    if (this.#is_near && this.#router && !this.#loading) void this.#load();
  }

  async #load() {
    if (!this.#router) return;
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    try {
      const map = await this.#router.map();
      if (signal.aborted) return;
      if (!map) return void this.#showMessage(NO_MAP);
      const words = await inSlices(NameWords.read(map.names), signal);
      if (words) this.#showMap({ points: new Points(map.points), names: map.names, words });
    } catch (error) {
      if (!signal.aborted) this.#showMessage(`The map could not be fetched: ${error.message}.`, { can_retry: true });
    }
  }

  /** @param {import('./picture.js').SkillMap | null} map */
  #showMap(map) {
    this.#map = map;
    this.#pointed = { by_hand: null, by_keys: null, chosen: null };
    this.#part('message').hidden = map !== null;
    this.#part('layout').hidden = this.#part('ask').hidden = map === null;
    this.#travel.whole();
    this.#picture.show(map);
    this.#showRoutes();
  }

  /** @param {string} text */
  #showMessage(text, { can_retry = false } = {}) {
    this.#part('message-text').textContent = text;
    this.#part('retry').hidden = !can_retry;
  }

  // The task

  async #ask() {
    const task = this.#part('task', HTMLInputElement).value.trim();
    this.#asking?.abort();
    this.#problem('');
    if (task === '') return this.#problem('Write a task first.');
    if (!this.#router) return;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const onStage = (/** @type {Answer} */ answer) => !signal.aborted && this.#show(task, answer);
    try {
      onStage(await this.#router.route(task, { top: N_ROUTES, signal, onStage }));
      this.#sayRoutes();
    } catch (error) {
      if (!isAbort(error)) this.#problem(`${error.message}.`);
    }
  }

  /** @param {string} text */
  #problem(text) {
    this.#part('problem').textContent = text;
  }

  /** @param {string} task @param {Answer} answer */
  #show(task, answer) {
    this.#problem('');
    this.#shown = { task, answer };
    this.#showRoutes();
  }

  get #routes() {
    return this.#shown?.answer.routes.slice(0, N_ROUTES) ?? [];
  }

  #showRoutes() {
    const points = this.#map?.points;
    const n = points?.n ?? 0;
    const isOnMap = (/** @type {number} */ skill_idx) => skill_idx < n;
    const routes = this.#routes;
    const placed = routes.flatMap(({ skill_idx, score }, i) => (points && isOnMap(skill_idx) ? [{ rank: i + 1, skill_idx, score, place: points.at(skill_idx) }] : []));
    this.#picture.light({ routes: placed, task: placeOfTask(placed) });
    if (this.#shown) this.#list.show(this.#shown.answer, routes, isOnMap);
    this.#part('zoom-routes').hidden = placed.length === 0;
    const what = `${n.toLocaleString('en')} skills as points, those of like meaning near each other`;
    const which = this.#shown ? `; the ${placed.length} routes of “${this.#shown.task}” are lit up, and listed beside the map` : '';
    this.#part('canvas').setAttribute('aria-label', what + which);
    this.#point({});
  }

  #sayRoutes() {
    const names = this.#routes.slice(0, 3).map(({ name }) => name);
    this.#announce(names.length > 0 ? `${this.#routes.length} routes lit up; first ${names.join(', ')}` : 'No skill has any of these words');
  }

  // Skills

  /** @param {Partial<{ by_hand: number | null, by_keys: number | null, chosen: number | null }>} change */
  #point(change) {
    Object.assign(this.#pointed, change);
    const { by_hand, by_keys, chosen } = this.#pointed;
    const skill_idx = by_hand ?? by_keys ?? chosen;
    this.#picture.light({ pointed: skill_idx });
    this.#part('frame').classList.toggle('pointing', by_hand !== null);
    this.#list.mark(chosen);
    this.#showTip(skill_idx);
  }

  /** @param {number} skill_idx @param {boolean} goes_there */
  #choose(skill_idx, goes_there) {
    this.#point({ chosen: skill_idx });
    if (!this.#map) return;
    const { points, names } = this.#map;
    if (goes_there) this.#travel.glide(centred(this.#picture.view, this.#picture.size, points.at(skill_idx), CHOSEN_ZOOM));
    this.#announce(`${names[skill_idx]}${this.#rankText(skill_idx)}`);
  }

  /** @param {number | null} skill_idx whose name stands beside its point */
  #showTip(skill_idx) {
    if (skill_idx === null || !this.#map) return void this.#tip.hide();
    const { view, size } = this.#picture;
    const place = toScreen(view, size, ...this.#map.points.at(skill_idx));
    this.#tip.show(this.#map.names[skill_idx], this.#rankText(skill_idx), place, size);
  }

  /** @param {number} skill_idx */
  #rankText(skill_idx) {
    const rank = this.#routes.findIndex((route) => route.skill_idx === skill_idx) + 1;
    return rank > 0 ? `, route ${rank}` : '';
  }

  /** Routes first: their marks are larger than points. @param {number} left @param {number} top @returns {number | null} */
  #skillAt(left, top, reach = REACH) {
    const points = this.#map?.points;
    if (!points) return null;
    const { view, size } = this.#picture;
    const near = this.#routes.find(({ skill_idx }) => {
      if (skill_idx >= points.n) return false;
      const [x, y] = toScreen(view, size, ...points.at(skill_idx));
      return Math.hypot(x - left, y - top) <= REACH;
    });
    if (near) return near.skill_idx;
    return points.nearest(...toMap(view, size, left, top), reach / scaleOf(view, size));
  }

  // The view

  /** @param {import('./view.js').View} view */
  #noteView({ zoom }) {
    this.#part('frame').classList.toggle('zoomed', zoom > 1);
    this.#point({});
  }

  #goToRoutes() {
    const points = this.#map?.points;
    if (!points) return;
    const places = this.#routes.filter(({ skill_idx }) => skill_idx < points.n).map(({ skill_idx }) => points.at(skill_idx));
    this.#travel.glide(around(places, this.#picture.size));
  }

  /** @param {Parameters<import('./gestures.js').Wishes['onKey']>[0]} key */
  #key(key) {
    const { width, height } = this.#picture.size;
    const step = (/** @type {number} */ right, /** @type {number} */ down) => this.#travel.move(-right * KEY_STEP * width, -down * KEY_STEP * height);
    const acts = {
      left: () => step(-1, 0),
      right: () => step(1, 0),
      up: () => step(0, -1),
      down: () => step(0, 1),
      in: () => this.#travel.zoom(KEY_FACTOR),
      out: () => this.#travel.zoom(1 / KEY_FACTOR),
      whole: () => this.#travel.whole(),
      choose: () => this.#pointed.by_keys !== null && this.#choose(this.#pointed.by_keys, false),
      leave: () => this.#point({ by_hand: null, chosen: null }),
    };
    acts[key]();
    this.#aim();
  }

  /** The keyboard points at what is nearest to the middle. */
  #aim() {
    const { width, height } = this.#picture.size;
    const skill_idx = this.#skillAt(width / 2, height / 2, REACH_OF_MIDDLE);
    this.#point({ by_keys: skill_idx });
    this.#picture.light({ has_cross: true });
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#announce(skill_idx === null ? 'No skill near the middle' : `${this.#map?.names[skill_idx]}${this.#rankText(skill_idx)}`);
    }, REST_MS);
  }

  #leaveKeys() {
    clearTimeout(this.#rest);
    this.#picture.light({ has_cross: false });
    this.#point({ by_keys: null });
  }

  // What people do

  #listen() {
    const frame = this.#part('frame');
    new Gestures(frame, {
      onMove: (right, down) => this.#travel.move(right, down),
      onZoom: (factor, options) => this.#travel.zoom(factor, options),
      onPoint: (left, top = 0) => this.#point({ by_hand: left === null ? null : this.#skillAt(left, top) }),
      onChoose: (left, top) => {
        const skill_idx = this.#skillAt(left, top);
        if (skill_idx === null) this.#point({ chosen: null });
        else this.#choose(skill_idx, false);
      },
      onKey: (key) => this.#key(key),
    });
    frame.addEventListener('focus', () => frame.matches(':focus-visible') && this.#aim());
    frame.addEventListener('blur', () => this.#leaveKeys());
    frame.addEventListener('pointerdown', () => this.#leaveKeys());
    this.#part('zoom-in').addEventListener('click', () => this.#travel.zoom(KEY_FACTOR, { is_smooth: true }));
    this.#part('zoom-out').addEventListener('click', () => this.#travel.zoom(1 / KEY_FACTOR, { is_smooth: true }));
    this.#part('zoom-whole').addEventListener('click', () => this.#travel.whole({ is_smooth: true }));
    this.#part('zoom-routes').addEventListener('click', () => this.#goToRoutes());
    this.#part('retry').addEventListener('click', () => (this.router = this.#router));
    this.#part('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#ask();
    });
  }

  /** @param {string} text */
  #announce(text) {
    this.#part('announcement').textContent = text;
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

if (globalThis.customElements && !customElements.get('skill-map')) customElements.define('skill-map', SkillMap);
