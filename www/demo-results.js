/**
 * The list of skills under the text box: a listbox that is updated in place, so that a skill which several stages find stays
 * the same element and moves instead of blinking. Focus stays in the text box; the active option is announced through it.
 *
 * Whoever is in the list, with the pointer or with the arrow keys, finds nothing moved under his hand: a better order for
 * the same question waits until the pointer leaves the list, the panel is closed, or the next key is pressed.
 */

/**
 * @typedef {import('./client.js').Route} Route
 * @typedef {import('./client.js').Fit} Fit
 *
 * What the list shows of an answer.
 * @typedef {{ routes: Route[], fit?: Fit }} Shown
 */

const MOVE_MS = 180;
/** What the words on the first skill mean. Where nothing fits, it has none: the line above the list says it. */
const FITS = {
  strong: 'this skill very probably fits the task',
  likely: 'this skill is more likely to fit the task than not',
  weak: 'this skill may fit the task; look at the others too',
};

/** The listbox. */
export class Results {
  #list;
  #input;
  #onChoose;
  #onCaughtUp;
  /** @type {Route[]} */
  #routes = [];
  /** The question that the list is about. */
  #question = '';
  /** Somebody is in the list. */
  #occupied = false;
  /** @type {Shown | null} a better order that waits */
  #waiting = null;
  /** Where the pointer was: browsers report it as moved when the page moves under it. */
  #pointer = '';
  /** @type {Map<number, HTMLElement>} */
  #options = new Map();
  #active = -1;

  /**
   * @param {HTMLElement} list role listbox
   * @param {HTMLInputElement} input role combobox
   * @param {(route: Route) => void} onChoose
   * @param {() => void} onCaughtUp the order that was waiting is shown now
   */
  constructor(list, input, onChoose, onCaughtUp) {
    this.#list = list;
    this.#input = input;
    this.#onChoose = onChoose;
    this.#onCaughtUp = onCaughtUp;
    list.addEventListener('click', ({ target }) => {
      const option = target.closest('[role=option]');
      if (option) this.#choose([...list.children].indexOf(option));
    });
    list.addEventListener('pointermove', ({ screenX, screenY }) => {
      const pointer = `${screenX} ${screenY}`;
      if (pointer !== this.#pointer) this.#occupied = true;
      this.#pointer = pointer;
    });
    list.addEventListener('pointerleave', () => this.#catchUp());
  }

  get length() {
    return this.#routes.length;
  }

  /**
   * @param {Shown} answer
   * @param {string} question that it answers
   * @returns {boolean} false when it waits, because somebody is in the list
   */
  show({ routes, fit }, question) {
    const same_order = routes.length === this.#routes.length && routes.every(({ skill_idx }, i) => skill_idx === this.#routes[i].skill_idx);
    if (question !== this.#question) this.#occupied = false;
    this.#question = question;
    this.#waiting = this.#occupied && !same_order ? { routes, fit } : null;
    if (!this.#waiting) this.#fill({ routes, fit });
    return !this.#waiting;
  }

  /** Shows what waited. */
  #catchUp() {
    this.#occupied = false;
    if (!this.#waiting) return;
    this.#fill(this.#waiting);
    this.#waiting = null;
    this.#onCaughtUp();
  }

  #fill({ routes, fit }) {
    const active_skill = this.#routes[this.#active]?.skill_idx;
    const before = this.#tops();
    const options = new Map();
    for (const [i, route] of routes.entries()) {
      const option = this.#options.get(route.skill_idx) ?? newOption(route.skill_idx);
      fill(option, route, i + 1);
      fillFit(option, i === 0 ? fit : undefined);
      options.set(route.skill_idx, option);
    }
    this.#list.replaceChildren(...options.values());
    this.#options = options;
    this.#routes = routes;
    this.#animate(before);
    this.#input.setAttribute('aria-expanded', String(routes.length > 0));
    this.#setActive(routes.findIndex(({ skill_idx }) => skill_idx === active_skill));
  }

  /** @param {1 | -1} step */
  move(step) {
    if (this.#routes.length === 0) return;
    this.#catchUp();
    this.#occupied = true;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#setActive((from + step + this.#routes.length) % this.#routes.length);
    this.#list.children[this.#active].scrollIntoView({ block: 'nearest' });
  }

  /** Chooses the active skill, or the best one. */
  choose() {
    this.#choose(Math.max(0, this.#active));
  }

  /** Takes the mark away from the chosen skill. */
  rest() {
    this.#catchUp();
    this.#unmark();
  }

  #unmark() {
    for (const option of this.#list.children) option.classList.remove('open');
  }

  #choose(position) {
    if (!this.#routes[position]) return;
    this.#setActive(position);
    this.#unmark();
    this.#list.children[position].classList.add('open');
    this.#onChoose(this.#routes[position]);
  }

  #setActive(position) {
    this.#active = position;
    for (const [i, option] of [...this.#list.children].entries()) option.setAttribute('aria-selected', String(i === position));
    if (position < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', this.#list.children[position].id);
  }

  #tops() {
    return new Map([...this.#options].map(([skill_idx, option]) => [skill_idx, option.offsetTop]));
  }

  /** Moves options from where they were; new ones fade in. */
  #animate(before) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    for (const [skill_idx, option] of this.#options) {
      const by = before.has(skill_idx) ? before.get(skill_idx) - option.offsetTop : null;
      if (by === 0) continue;
      const from = by === null ? { opacity: 0 } : { transform: `translateY(${by}px)` };
      option.animate([from, { opacity: 1, transform: 'none' }], { duration: MOVE_MS, easing: 'ease-out' });
    }
  }
}

function newOption(skill_idx) {
  const option = document.createElement('li');
  option.id = `skill-${skill_idx}`;
  option.setAttribute('role', 'option');
  option.innerHTML = `
    <span class="rank" aria-hidden="true"></span>
    <span class="card">
      <span class="name"></span>
      <span class="description"></span>
      <span class="facts-line"></span>
    </span>
    <span class="score">
      <span class="number"></span><span class="bar" aria-hidden="true"><span></span></span> <span class="fit" hidden></span>
    </span>`;
  return option;
}

/** @param {HTMLElement} option @param {Route} route @param {number} rank */
function fill(option, route, rank) {
  const part = (selector) => option.querySelector(selector);
  part('.rank').textContent = String(rank);
  part('.name').textContent = route.name;
  part('.description').textContent = route.description ?? '';
  part('.number').textContent = route.score.toFixed(2);
  const share = route.rerank_score === undefined ? route.score : 1 / (1 + Math.exp(-route.score)); // A reranker's are log odds.
  part('.bar > span').style.setProperty('width', `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`);
  part('.facts-line').replaceChildren(
    ...(route.lexical_rank ? [chip('words', `Words #${route.lexical_rank}`)] : []),
    ...(route.dense_rank ? [chip('meaning', `Meaning #${route.dense_rank}`)] : []),
    ...(route.rerank_score === undefined ? [] : [chip('reranked', `Re-ranked from #${route.retrieval_rank}`)]),
    ...[route.source, route.license].filter(Boolean).map((text) => chip('fact', text)),
  );
}

/** The word for the fit stands below the score, where there is room for it: nothing moves when it comes or goes. */
function fillFit(option, fit) {
  const tag = option.querySelector('.fit');
  const meaning = FITS[fit?.word];
  tag.hidden = !meaning;
  if (!meaning) return;
  tag.dataset.word = fit.word;
  tag.textContent = `${fit.word} fit`;
  tag.title = `${meaning} (probability ${fit.p.toFixed(2)})`;
}

function chip(kind, text) {
  const span = document.createElement('span');
  span.className = `chip ${kind}`;
  span.textContent = text;
  return span;
}
