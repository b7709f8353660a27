/**
 * For the author of a skill: how it comes out over all queries of a run that should reach it, which skills stand above it, and
 * which words they have that it lacks.
 */

import { element, part as $ } from '../../elements/markup.js';
import { foreign, tableOf } from './elements.js';
import { downloadOutranked } from './export.js';
import { expectedSkills, isLost, nameOf, outranked, wordReport } from './outranked.js';
import { DEPTH } from './run.js';
import { announce, count } from './status.js';
import { runLabel } from './table.js';

/**
 * @typedef {import('./run.js').Run} Run
 * @typedef {import('./outranked.js').Outranked} Outranked
 * @typedef {import('./outranked.js').WordReport} WordReport
 */

/** What a reader takes in; the file that can be downloaded has all queries and words. */
const N_RIVALS = 10;
const N_WORDS = 15;
const N_WORDS_OF_RIVAL = 6;
const N_SKILLS_OF_WORD = 3;
const N_QUERIES = 100;
/** Places that are counted together in the summary. */
const LAST_NEAR = 5;

export class Author {
  #readBody;
  /** @type {Run | null} */
  #run = null;
  #n_judged = 0;
  /** @type {ReturnType<typeof expectedSkills>} */
  #skills = [];
  #named = '';
  /** @type {{ report: Outranked, words: WordReport | null } | null} what is shown */
  #shown = null;

  /** @param {(skill_idx: number) => Promise<string | null>} readBody */
  constructor(readBody) {
    this.#readBody = readBody;
    const field = $('author-skill', HTMLInputElement);
    field.addEventListener('focus', () => field.select()); // Typing starts a new name.
    field.addEventListener('input', () => {
      if (this.#choose(field.value.trim())) announce($('author-summary').textContent);
    });
    $('author-export').addEventListener('click', () => {
      if (this.#run && this.#shown) downloadOutranked(this.#run, this.#shown.report, rivalsOf(this.#shown.report), this.#shown.words);
    });
  }

  /** @param {Run | null} run one that has ended, for its counts would be others a moment later */
  show(run) {
    const skills = run && run.state !== 'running' ? expectedSkills(run.judged) : [];
    $('author').hidden = skills.length === 0;
    if (!run || skills.length === 0 || (run === this.#run && run.judged.length === this.#n_judged)) return;
    [this.#run, this.#n_judged, this.#skills] = [run, run.judged.length, skills];
    $('author-run').textContent = `Run ${runLabel(run)}`;
    const options = skills.map(({ target, n, n_first }) => element('option', { value: nameOf(target), label: `first for ${n_first} of ${n}` }));
    $('author-skills').replaceChildren(...options);
    const same = skills.find(({ target }) => nameOf(target) === this.#named) ?? skills[0];
    $('author-skill', HTMLInputElement).value = nameOf(same.target);
    this.#choose(nameOf(same.target));
  }

  /** @param {string} named as it is typed: what does not name a skill leaves what is shown @returns {boolean} whether it names one */
  #choose(named) {
    const found = this.#skills.find(({ target }) => nameOf(target) === named || target.named === named);
    const n = this.#skills.length;
    const problem = `No query of this run should reach “${named}”; ${count(n, 'skill')} can be chosen from the list.`;
    $('author-problem').textContent = found || named === '' ? '' : problem;
    $('author-skill').setAttribute('aria-invalid', String(!found && named !== ''));
    if (found) void this.#showReport(found.target);
    return found !== undefined;
  }

  /** @param {import('./run.js').Target} target */
  async #showReport(target) {
    this.#named = nameOf(target);
    if (!this.#run) return;
    const report = outranked(this.#run.judged, target);
    /** @type {{ report: Outranked, words: WordReport | null }} */
    const shown = { report, words: null };
    this.#shown = shown;
    const rivals = rivalsOf(report);
    $('author-summary').replaceChildren(...summaryOf(report));
    showQueries(report.asked);
    showRivals(report, rivals, null);
    showWords(report, null);
    const is_compared = target.route !== null && report.asked.some(isLost);
    $('author-report').setAttribute('aria-busy', String(is_compared));
    if (!is_compared) return;
    const words = await wordReport(report, rivals, this.#readBody);
    if (this.#shown !== shown) return; // Another skill was chosen meanwhile.
    shown.words = words;
    showRivals(report, rivals, words);
    showWords(report, words);
    $('author-report').setAttribute('aria-busy', 'false');
  }
}

/** @param {Outranked} report */
function rivalsOf(report) {
  return report.rivals.slice(0, N_RIVALS);
}

/** @param {Outranked} report @returns {(Node | string)[]} */
function summaryOf({ target, asked, others, n_false_triggers }) {
  const n = asked.length;
  const upTo = (/** @type {number} */ last) => asked.filter(({ rank }) => rank !== null && rank <= last).length;
  const [first, near, found] = [upTo(1), upTo(LAST_NEAR), upTo(DEPTH)];
  /** @type {[number, string][]} */
  const places = [
    [first, 'first'], [near - first, `2 to ${LAST_NEAR}`], [found - near, `${LAST_NEAR + 1} to ${DEPTH}`], [n - found, `not among the first ${DEPTH}`],
  ];
  const told = places.filter(([n_queries]) => n_queries > 0).map(([n_queries, where]) => `${where} for ${n_queries}`);
  const missing = target.route ? '' : ' The index does not seem to have it.';
  const triggers = others.length > 0 ? ` Of ${count(others.length, 'query', 'queries')} that should not reach it, it comes first for ${n_false_triggers}.` : '';
  const should = `${count(n, 'query', 'queries')} should reach it`;
  return [foreign(nameOf(target), 'strong'), `: ${should}. Its place: ${told.join('; ')}.${triggers}${missing}`];
}

/** @param {import('./outranked.js').Asked[]} asked the worst places first */
function showQueries(asked) {
  const shown = asked.slice(0, N_QUERIES);
  const rows = shown.map(({ query, rank, above }) => [
    foreign(query, 'span'),
    rank === null ? `not among ${DEPTH}` : `#${rank}`,
    above.length > 0 ? foreign(above[0].name) : rank === null ? 'nothing was found' : '–',
  ]);
  $('author-queries-title').textContent = count(asked.length, 'query that should reach it', 'queries that should reach it');
  const caption = shown.length < asked.length ? `The ${shown.length} worst` : 'The worst places first';
  $('author-queries').replaceChildren(...tableOf(caption, ['Query', 'Place', 'First instead'], rows));
}

/**
 * @param {Outranked} report @param {import('./outranked.js').Rival[]} rivals
 * @param {WordReport | null} words null while they are compared
 */
function showRivals({ target, asked, rivals: all }, rivals, words) {
  $('author-rivals').hidden = rivals.length === 0;
  $('author-none').hidden = rivals.length > 0;
  const heads = ['Skill', 'Above it', 'First instead', 'Words of those queries that it has and yours lacks'];
  const rows = rivals.map(({ route, n_above, n_first }, i) => [
    foreign(route.name), `${n_above} of ${asked.length}`, String(n_first), target.route ? wordsCell(words?.of_rivals[i]) : '–',
  ]);
  const caption = rivals.length < all.length ? `The ${rivals.length} skills of ${all.length} that stand above it most often` : 'Skills that stand above it, most often first';
  $('author-rivals-table').replaceChildren(...tableOf(caption, heads, rows));
}

/** @param {{ word: string, n_queries: number }[] | undefined} words */
function wordsCell(words) {
  if (!words) return '…';
  if (words.length === 0) return element('span', { className: 'note' }, 'none');
  const rest = words.length > N_WORDS_OF_RIVAL ? [element('span', { className: 'note' }, `and ${words.length - N_WORDS_OF_RIVAL} more`)] : [];
  return element('span', { className: 'word-row' }, ...words.slice(0, N_WORDS_OF_RIVAL).map(wordTag), ...rest);
}

/** @param {{ word: string, n_queries: number }} one */
function wordTag({ word, n_queries }) {
  return element('span', { className: 'word' }, foreign(word), ...(n_queries > 1 ? [element('span', { className: 'note' }, ` ${n_queries}×`)] : []));
}

/** @param {Outranked} report @param {WordReport | null} words */
function showWords({ asked, others }, words) {
  const missing = words?.missing ?? [];
  $('author-words').hidden = missing.length === 0;
  if (missing.length === 0) return;
  const n_lost = asked.filter(isLost).length;
  const heads = ['Word', 'In how many', 'Skills above that have it', ...(others.length > 0 ? ['In queries that should not reach it'] : [])];
  const rows = missing.slice(0, N_WORDS).map(({ word, n_queries, has, n_others }) => [
    foreign(word), `${n_queries} of ${n_lost}`, skillsCell(has), ...(others.length > 0 ? [`${n_others} of ${others.length}`] : []),
  ]);
  $('author-words-table').replaceChildren(...tableOf('Words of the queries for which it is outranked or not found, that it lacks', heads, rows));
  $('author-unread').hidden = words?.n_unread === 0;
}

/** @param {import('./outranked.js').MissingWord['has']} has */
function skillsCell(has) {
  if (has.length === 0) return element('span', { className: 'note' }, 'none of those listed');
  const named = has.slice(0, N_SKILLS_OF_WORD).flatMap(({ route, parts }, i) => [
    ...(i > 0 ? [', '] : []), foreign(route.name), element('span', { className: 'note' }, ` (${parts.join(', ')})`),
  ]);
  const rest = has.length - N_SKILLS_OF_WORD;
  return element('span', {}, ...named, ...(rest > 0 ? [` and ${rest} more`] : []));
}
