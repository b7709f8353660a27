/**
 * What the panel offers under "Install": the file to save, and the commands for the agent of one's choice, which is remembered.
 * Loaded when somebody opens it.
 */

import { element } from '../markup.js';
import { addCommand, AGENTS, isPlainName, placeCommand, repositoryOf, savedName } from './agents.js';
import { copyButton, quietButton } from './copy.js';
import { skillFile } from './skill-file.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {{ agent: string, scope: import('./agents.js').Scope }} Choice
 */

const CHOICE_KEY = 'skillrouter-install';
const SCOPES = { user: 'all my projects', project: 'the project that I am in' };

/** @param {HTMLElement} place @param {Route} route @param {string | null} markdown null when the index holds no instructions */
export function showInstall(place, route, markdown) {
  const choice = readChoice();
  const steps = element('div');
  const show = () => steps.replaceChildren(...stepsFor(route, markdown, choice));
  const choose = (/** @type {Partial<Choice>} */ change) => {
    Object.assign(choice, change);
    keepChoice(choice);
    show();
  };
  const choices = element('div', { className: 'choices' });
  choices.append(
    select('Agent', AGENTS.map(({ name }) => [name, name]), choice.agent, (agent) => choose({ agent })),
    select('For', Object.entries(SCOPES), choice.scope, (scope) => choose({ scope: /** @type {Choice['scope']} */ (scope) })),
  );
  show();
  place.replaceChildren(...(isPlainName(route.name) ? [choices] : []), steps);
}

/** @param {Route} route @param {string | null} markdown @param {Choice} choice @returns {Element[]} */
function stepsFor(route, markdown, choice) {
  const { name } = route;
  const agent = AGENTS.find((agent) => agent.name === choice.agent) ?? AGENTS[0];
  const repository = repositoryOf(route);
  const steps = [];
  if (markdown !== null) steps.push(quietButton('Save SKILL.md', () => saveFile(savedName(name), skillFile(route, markdown))));
  if (!isPlainName(name)) {
    steps.push(note('There is no command for this skill: its name has more than letters, digits, and single dots, hyphens and underscores '
      + 'between them, and a terminal might take some of it for a command. Put the file into a folder of your own naming.'));
    return steps;
  }
  if (markdown !== null) steps.push(command('Then, in a terminal of macOS or Linux:', placeCommand(name, agent[choice.scope])));
  if (repository) {
    const what = `${markdown === null ? 'With' : 'Or with'} the program “skills” of npm, which fetches all its files from GitHub, as they are there now:`;
    steps.push(command(what, addCommand(repository, name, agent.id, choice.scope)));
  } else if (markdown === null) {
    steps.push(note('This index holds no instructions for the skill; its source has them.'));
  } else {
    steps.push(note('Scripts and other files of the skill are not in this index; its source has them.'));
  }
  return steps;
}

/** @param {string} text */
function note(text) {
  return element('p', { className: 'note' }, text);
}

/** @param {string} what it does @param {string} text */
function command(what, text) {
  const block = element('div', { className: 'command' });
  block.append(note(what), copyButton('Copy command', text), element('code', { dir: 'ltr' }, text));
  return block;
}

/** @param {string} label @param {[string, string][]} options value and text @param {string} value @param {(value: string) => void} onChoose */
function select(label, options, value, onChoose) {
  const field = element('label', {}, `${label} `);
  const list = element('select');
  list.append(...options.map(([value, text]) => new Option(text, value)));
  list.value = value;
  list.addEventListener('change', () => onChoose(list.value));
  field.append(list);
  return field;
}

/** @param {string} name @param {string} text */
function saveFile(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url)); // The download has begun by then.
}

/** @returns {Choice} */
function readChoice() {
  /** @type {any} what was stored, by this page or another */
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(CHOICE_KEY) ?? 'null') ?? {};
  } catch {
    // Storage is forbidden here, or somebody else has written there.
  }
  return {
    agent: AGENTS.some(({ name }) => name === kept.agent) ? kept.agent : AGENTS[0].name,
    scope: Object.hasOwn(SCOPES, kept.scope) ? kept.scope : 'user',
  };
}

/** @param {Choice} choice */
function keepChoice(choice) {
  try {
    localStorage.setItem(CHOICE_KEY, JSON.stringify(choice));
  } catch {
    // It holds until the page is left.
  }
}
