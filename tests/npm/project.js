/**
 * Projects of people who use the package, each in a temporary folder beside a checkout of this repository, as the recipes have it.
 * npm asks a registry of this machine.
 */

import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SKILLROUTER = join(ROOT, 'target/release/skillrouter');
/** Where `make npm` puts the package. */
export const PACKAGE = process.env.SKILLROUTER_NPM ?? join(ROOT, 'target/npm');
/** Index of the starter catalogue. */
const INDEX = join(ROOT, 'pkg/index');

/** The package as one file. @returns {Promise<{ tarball: string, files: string[], remove: () => Promise<void> }>} */
export async function pack() {
  const folder = await mkdtemp(join(tmpdir(), 'skillrouter-pack-'));
  const { stdout } = await run('npm', ['pack', PACKAGE, '--json', '--pack-destination', folder]);
  const packed = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(packed) ? packed : Object.values(packed); // Newer npm gives a table by name.
  return { tarball: join(folder, filename), files: files.map(({ path }) => path), remove: () => rm(folder, { recursive: true }) };
}

/** One project. */
export class Project {
  folder;
  #around;
  #tarball;
  #registry;
  #servers = [];

  /**
   * @param {{ tarball: string, registry: string }} from where npm takes packages
   * @param {Record<string, string>} [files] what is there before the package comes, by path
   */
  static async create({ tarball, registry }, files = {}) {
    const project = new Project();
    project.#tarball = tarball;
    project.#registry = registry;
    project.#around = await mkdtemp(join(tmpdir(), 'skillrouter-project-'));
    project.folder = join(project.#around, 'app');
    await mkdir(join(project.#around, 'skillrouter/target'), { recursive: true });
    await symlink(PACKAGE, join(project.#around, 'skillrouter/target/npm'));
    await project.write({ 'package.json': JSON.stringify({ private: true, type: 'module' }), ...files });
    return project;
  }

  /** @param {Record<string, string>} files contents by path */
  async write(files) {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(this.folder, dirname(path)), { recursive: true });
      await writeFile(join(this.folder, path), content);
    }
  }

  /** Puts the catalogue's index there. @param {string} path */
  async addIndex(path) {
    await cp(INDEX, join(this.folder, path), { recursive: true });
  }

  /** Installs the package from the file that it would be published as. */
  install() {
    return this.run(`npm install '${this.#tarball}' --offline`);
  }

  /** Runs commands. @param {string} commands @returns {Promise<string>} what they print */
  async run(commands) {
    const npm = {
      npm_config_registry: this.#registry, npm_config_cache: join(this.#around, 'cache'), npm_config_audit: 'false', npm_config_fund: 'false',
      npm_config_ignore_scripts: 'true', npm_config_update_notifier: 'false',
    };
    const { stdout } = await run('bash', ['-e', '-c', commands], { cwd: this.folder, env: { ...process.env, ...npm } });
    return stdout;
  }

  /**
   * Serves a folder as a static host would.
   * @param {string} [path] @param {string[]} [options] of `skillrouter serve` @returns {Promise<string>} its address
   */
  async serve(path = '.', options = []) {
    const server = spawn(SKILLROUTER, ['serve', join(this.folder, path), '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      server.stdout.once('data', (line) => resolve(line.toString().trim()));
    });
  }

  async remove() {
    for (const server of this.#servers) server.kill();
    await rm(this.#around, { recursive: true });
  }
}
