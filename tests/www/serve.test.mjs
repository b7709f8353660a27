/** The server of `make demo`: what it does not give away. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const around = mkdtempSync(join(tmpdir(), 'skillrouter-serve-'));
const site = join(around, 'site');
mkdirSync(join(site, '.well-known'), { recursive: true });
writeFileSync(join(site, 'index.html'), '<!doctype html>');
writeFileSync(join(site, 'app.js'), 'export {};');
writeFileSync(join(site, '.env'), 'secret');
writeFileSync(join(site, '.well-known/index.json'), '{}');
writeFileSync(join(around, 'secret.txt'), 'secret');
symlinkSync(join(around, 'secret.txt'), join(site, 'out.txt'));
symlinkSync('app.js', join(site, 'in.js'));

const server = spawn(process.execPath, [fileURLToPath(new URL('../../www/tools/serve.mjs', import.meta.url)), site, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
after(() => {
  server.kill();
  rmSync(around, { recursive: true });
});
const [said] = await once(server.stdout, 'data');
const port = Number(/:(\d+)\//.exec(`${said}`)[1]);

/** @param {string} path @param {string} [host] @returns {Promise<{ status: number, headers: object }>} */
function get(path, host = `localhost:${port}`) {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, headers: { host } }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode, headers: response.headers }));
    });
    asked.on('error', reject).end();
  });
}

test('serves files with their kinds, and nothing beside them', async () => {
  const page = await get('/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html;charset=utf-8$/);
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.ok(page.headers.etag);
  assert.equal((await get('/app.js')).headers['content-type'], 'text/javascript;charset=utf-8');
  for (const path of ['/in.js', '/.well-known/index.json']) assert.equal((await get(path)).status, 200, path);
  for (const path of ['/.env', '/%2eenv', '/out.txt', '/../secret.txt', '/%2e%2e/secret.txt', '/nothing']) assert.equal((await get(path)).status, 404, path);
});

test('answers to this machine only', async () => {
  for (const host of ['127.0.0.1', `[::1]:${port}`, 'LOCALHOST']) assert.equal((await get('/', host)).status, 200, host);
  for (const host of ['evil.example', 'localhost.evil.example', '192.168.0.7']) assert.equal((await get('/', host)).status, 421, host);
});
