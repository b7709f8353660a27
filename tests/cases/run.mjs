/**
 * Runs the cases of a folder and prints, for each, what is expected beside what is seen, for somebody to compare:
 * `node tests/cases/run.mjs FOLDER [CASE...]`, where a case is the number of one, or `web`. `make cases` builds what this needs.
 *
 * FOLDER has `make_cases.py`, which writes a folder NN-name for each case beside itself, with a README of the lines `source:`, `kind:` and
 * `expect:`. It may have `web/run.mjs`, which tries pages in a browser. All of it is copied to target/cases/ first.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'target/release/skillrouter');
const MODEL = join(ROOT, 'models/skillrouter-mini-encoder');
const SITE = join(ROOT, 'target/site');
const PLACE = join(ROOT, 'target/cases');
/** Where indexes go that the cases say nothing of. */
const INDEXES = join(ROOT, 'target/cases-indexes');
const MAX_LINES = 60;
/** So many results are all skills of a case. */
const ALL = '1000';
/** Of the statuses that the program ends with: 1 where nothing fits, 2 for errors. Others are faults. */
const MAX_STATUS = 2;
/** Options that all commands have, and lines that no case is about: sizes, and that a skill has no licence. */
const COMMON_OPTIONS = / (?:--model \S+|--no-map)/g;
const NOISE = /^ +(?:vectors|lexical|cards|bodies) .*bytes a skill$|: advice: no license: |: note: names no licence$/;

/** A case while it runs: commands of the program in its folder, which are printed with what they say. */
class Case {
  #folder;
  #n_indexes = 0;

  /** @param {string} name of its folder */
  constructor(name) {
    this.name = name;
    this.#folder = join(PLACE, name);
  }

  /** @param {string} name of a line in its README */
  line(name) {
    const found = readFileSync(this.path('README'), 'utf8').split('\n').find((line) => line.startsWith(`${name}: `));
    return found?.slice(name.length + 2) ?? 'nothing is said';
  }

  /** @param {...string} parts */
  path(...parts) {
    return join(this.#folder, ...parts);
  }

  /** All files, by path, but for its README. @returns {string[]} */
  files() {
    return readdirSync(this.#folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1)).filter((name) => name !== 'README').sort();
  }

  /** @param {string[]} args @param {{ input?: string, cwd?: string, isQuiet?: boolean }} [options] @returns {string} what it prints to standard output */
  run(args, { input, cwd = this.#folder, isQuiet = false } = {}) {
    const { status, signal, stdout, stderr } = spawnSync(PROGRAM, args, { cwd, input, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
    if (!isQuiet || status === null || status > MAX_STATUS) {
      const command = args.map((arg) => (/[\s"'$]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ').replace(COMMON_OPTIONS, '');
      show(`$ ${input === undefined ? '' : '… | '}skillrouter ${command}`);
      show(`${stderr}${stdout}`, '    ');
      show(`ends with ${signal ?? status}`, '    ');
    }
    return stdout;
  }

  /** Makes an index, and lists all that is in it. @param {string[]} sources @param {string[]} [options] @returns {string} its folder */
  index(sources, options = []) {
    const out = join(INDEXES, `${this.name}-${++this.#n_indexes}`);
    this.run(['index', ...sources, '--out', out, '--model', MODEL, '--no-map', ...options]);
    if (existsSync(join(out, 'index.json'))) this.list(out);
    return out;
  }

  /** @param {string} index */
  list(index) {
    const answer = this.run(['route', '--index', index, '--model', MODEL, '--mode', 'dense', '--top', ALL, '--json', 'anything'], { isQuiet: true });
    const { routes } = answer ? JSON.parse(answer) : { routes: [] };
    const line = ({ id, name, description, source, risks = [], ...route }) => {
      const marks = Object.entries(route).filter(([, value]) => value === true || Array.isArray(value)).map(([mark, value]) => `${mark}: ${value}`);
      const notes = risks.filter(({ rule }) => rule !== 'license-missing').map(({ rule, line, file }) => `${rule} (${file ? `${file}:` : ''}${line})`);
      return [`- ${id}: ${name}: ${description.replace(/\s+/g, ' ')}`, source && `from ${source}`, ...marks, ...notes].filter(Boolean).join(' | ');
    };
    show(routes.sort((a, b) => (a.id < b.id ? -1 : 1)).map(line).join('\n'), '    ');
  }

  /** @param {string} index @param {string} task @param {string[]} [options] */
  route(index, task, options = []) {
    this.run(['route', '--index', index, '--model', MODEL, '--top', '3', ...options, task]);
  }

  /** @param {string} path */
  lint(path = '.') {
    this.run(['lint', path]);
  }
}

/**
 * What is done with a case; one that is not here is indexed and linted as a whole.
 * @type {Record<string, (one: Case) => void>}
 */
const STEPS = {
  '01': (one) => {
    for (const [source, out] of [['site/.well-known/skills', 'site/.well-known/skills'], ['site/.well-known/skills', 'app']]) {
      const before = one.files();
      one.run(['index', source, '--out', out, '--model', MODEL, '--no-map']);
      const after = one.files();
      show(`gone: ${before.filter((file) => !after.includes(file)).join(', ') || 'no file'}; new: ${after.filter((file) => !before.includes(file)).join(', ') || 'none'}`, '    ');
    }
  },
  '02': (one) => (one.index(['home/.claude/skills']), one.lint('home/.claude/skills'), one.index(['home/all-skills'])),
  '04': (one) => ['repo', 'selfignored', 'dotfiles', 'ignorefile'].forEach((source) => one.index([source])),
  '05': (one) => readdirSync(one.path()).filter((name) => name !== 'README').forEach((source) => one.index([source])),
  '06': (one) => (one.index(['user/skills', 'project/skills', 'copy/skills']), one.index(['single-a/pack', 'single-b/pack'])),
  '08': (one) => (one.lint(), one.route(one.index(['.']), 'page the auction hall when the catch exceeds two tonnes', ['--mode', 'lexical'])),
  '11': (one) => one.route(one.index(['.']), 'pay the rent of the allotment'),
  '12': (one) => one.route(one.index(['plugins']), 'press flowers for a herbarium sheet'),
  '13': (one) => ['nfc', 'nfd'].forEach((form) => askAll(one, form)),
  '15': (one) => readdirSync(one.path()).filter((name) => name !== 'README').forEach((source) => one.index([source])),
  '17': (one) => {
    const index = join(ROOT, 'pkg/index');
    const input = readFileSync(one.path('task.txt'), 'utf8');
    for (const task of [[], ['-']]) one.run(['route', '--index', index, '--top', '1', ...task], { input });
    one.run(['route', '--index', index, '--top', '1', '-5 degrees tonight: protect the pipes']);
    one.run(['route', '--index', index, '--top', '1', '--', '-5 degrees tonight: protect the pipes'], { cwd: '/' });
  },
};

/** Asks the queries of a case in words, and says where the right skill is. @param {Case} one @param {string} source */
function askAll(one, source) {
  const index = one.index([source]);
  for (const { kind, name, query } of JSON.parse(readFileSync(one.path('queries.json'), 'utf8'))) {
    for (const form of ['NFC', 'NFD']) {
      const answer = one.run(['route', '--index', index, '--mode', 'lexical', '--json', query.normalize(form)], { isQuiet: true });
      const place = answer ? JSON.parse(answer).routes.findIndex((route) => route.name === name) : -1;
      show(`- ${kind}, asked in ${form}: ${place < 0 ? 'not found' : `place ${place + 1}`}`, '    ');
    }
  }
}

/** @param {string} text @param {string} [indent] */
function show(text, indent = '  ') {
  const lines = text.replaceAll(`${INDEXES}/`, '').replaceAll(ROOT, '').trimEnd().split('\n').filter((line) => line !== '' && !NOISE.test(line));
  for (const line of lines.slice(0, MAX_LINES)) console.log(indent + line);
  if (lines.length > MAX_LINES) console.log(`${indent}… and ${lines.length - MAX_LINES} more lines`);
}

/** The cases of a folder, made anew in target/cases/. @param {string} folder */
function makeCases(folder) {
  if (!existsSync(join(folder, 'make_cases.py'))) fail(`${folder} is no folder of cases: it has no make_cases.py. Name one: make cases CASES=FOLDER`);
  if (!existsSync(PROGRAM)) fail('the program is not built: make cases builds it, and so does cargo build --release');
  for (const place of [PLACE, INDEXES]) rmSync(place, { recursive: true, force: true });
  mkdirSync(INDEXES, { recursive: true });
  cpSync(folder, PLACE, { recursive: true, verbatimSymlinks: true });
  const { status, stderr } = spawnSync('python3', ['make_cases.py'], { cwd: PLACE, encoding: 'utf8' });
  if (status !== 0) fail(`make_cases.py failed: ${stderr}`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Pages in a browser: the script of the cases says what it expects in its own words. */
function tryPages() {
  const script = join(PLACE, 'web/run.mjs');
  if (!existsSync(script)) return;
  console.log('web\n  expect: it works where the platform allows it, else the message names the remedy');
  const env = { ...process.env, SITE, NODE_MODULES: join(ROOT, 'node_modules') };
  spawnSync(process.execPath, [script], { cwd: dirname(script), env, stdio: 'inherit' });
}

const [folder = '', ...wanted] = process.argv.slice(2);
const isWanted = (/** @type {string} */ id) => wanted.length === 0 || wanted.includes(id);
makeCases(resolve(folder));
for (const name of readdirSync(PLACE).filter((name) => /^\d\d-/.test(name)).sort()) {
  const id = name.slice(0, 2);
  if (!isWanted(id)) continue;
  const one = new Case(name);
  console.log(`\n${name}: ${one.line('kind')}\n  expect: ${one.line('expect')}`);
  if (STEPS[id]) STEPS[id](one);
  else (one.index(['.']), one.lint());
}
if (isWanted('web')) tryPages();
