/**
 * A registry of packages that are installed here, for projects of tests: recipes run `npm install` as they stand, without any network.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/**
 * What is installed below a folder, by name and version.
 * @param {string} root of a package-lock.json
 * @returns {Map<string, Map<string, string>>} their folders
 */
function installedIn(root) {
  const found = new Map();
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const path of Object.keys(packages)) {
    const name = path.split('node_modules/').at(-1);
    if (!path.includes('node_modules/')) continue;
    const versions = found.get(name) ?? new Map();
    found.set(name, versions.set(packages[path].version, join(root, path)));
  }
  return found;
}

/** @param {string} folder of a package @returns {object | null} null for one of another platform, which was not installed */
function manifestOf(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Serves them. @param {string} root @returns {Promise<{ url: string, stop: () => void }>} */
export async function startRegistry(root) {
  const installed = installedIn(root);
  const packument = (name, url) => {
    const versions = {};
    for (const [version, folder] of installed.get(name) ?? []) {
      const manifest = manifestOf(folder);
      if (manifest) versions[version] = { ...manifest, dist: { tarball: `${url}/-/${encodeURIComponent(name)}/${version}.tgz` } };
    }
    const latest = Object.keys(versions).at(0);
    return latest && { name, 'dist-tags': { latest }, versions };
  };
  const server = createServer((request, response) => {
    const [, dash, name, file] = /^\/(?:(-)\/)?([^/]+)(?:\/(.+)\.tgz)?$/.exec(request.url) ?? [];
    const folder = dash && installed.get(decodeURIComponent(name))?.get(file);
    if (folder) {
      const tar = spawn('tar', ['--create', '--use-compress-program=gzip -1', '--exclude=./node_modules', '--transform=s,^\\.,package,', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
      return tar.stdout.pipe(response);
    }
    const found = name && packument(decodeURIComponent(name), `http://${request.headers.host}`);
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found || { error: 'not found' }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
