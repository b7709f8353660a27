/**
 * An index of many skills that nobody wrote, for what only shows in large ones: made of words of our own catalogue by a seeded
 * generator, so that it is the same each time, and built by the program with a tiny model.
 */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { TEST_SITE } from './static-server.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SKILLS = join(ROOT, 'catalogues/starter');
const MODEL = 'tiny-bert-mean';
/** With these descriptions, cards are about as large as those of skills that people wrote (143 bytes, compressed). */
const N_WORDS = { description: 36, body: 60 };
const N_QUERY_WORDS = 6;

/** Numbers from 0 to 1, the same for a seed: mulberry32. @param {number} seed */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** @template T @param {T[]} list @param {() => number} random @returns {T[]} in another order */
export function shuffled(list, random) {
  return list.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item);
}

async function words() {
  const folders = (await readdir(SKILLS, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  const texts = await Promise.all(folders.map((name) => readFile(join(SKILLS, name, 'SKILL.md'), 'utf8')));
  return [...new Set(texts.join(' ').toLowerCase().match(/[a-z]{4,12}/g))].sort();
}

async function generate(n_skills) {
  const random = seeded(20_000);
  const vocabulary = await words();
  const some = (n) => Array.from({ length: n }, () => vocabulary[Math.floor(random() * vocabulary.length)]);
  return Array.from({ length: n_skills }, (_, i) => ({
    id: `generated/${i}`,
    name: some(2).join('-'),
    description: some(N_WORDS.description).join(' '),
    body: `# Steps\n\n${some(N_WORDS.body).join(' ')}`,
  }));
}

/**
 * The tests' site, with an index of generated skills in the place of its own.
 * @param {number} n_skills
 * @returns {Promise<{ folder: string, manifest: any, queries: string[], remove: () => Promise<void> }>} `queries`: some words of one skill each
 */
export async function makeGeneratedSite(n_skills) {
  const folder = await mkdtemp(join(tmpdir(), 'skillrouter-generated-'));
  const skills = await generate(n_skills);
  const source = join(folder, 'skills.jsonl');
  await writeFile(source, skills.map((skill) => JSON.stringify(skill)).join('\n'));
  const site = join(folder, 'site');
  await mkdir(site);
  for (const name of await readdir(TEST_SITE)) if (name !== 'index') await symlink(join(TEST_SITE, name), join(site, name));
  const program = join(ROOT, 'target/release/skillrouter');
  await promisify(execFile)(program, ['index', source, '--out', join(site, 'index'), '--model', join(TEST_SITE, 'models', MODEL), '--no-map']);
  const manifest = JSON.parse(await readFile(join(site, 'index/index.json'), 'utf8'));
  const random = seeded(1);
  const queries = skills.map(({ description }) => shuffled(description.split(' '), random).slice(0, N_QUERY_WORDS).join(' '));
  return { folder: site, manifest, queries, remove: () => rm(folder, { recursive: true }) };
}

/** The file that has a card or a body of a skill. @param {any} manifest @param {'cards' | 'bodies'} kind @param {number} skill_idx @returns {string} */
export function shardFile({ shards, files }, kind, skill_idx) {
  return files[kind][shards[kind].findLastIndex((first) => first <= skill_idx)].file;
}
