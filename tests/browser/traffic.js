/**
 * Everything that a browser sends, as its own network log has it: requests of pages, workers and service workers, names that are
 * looked up, and the bytes themselves. What is not in there has not left the machine.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';

/** Chromium's own talk of updates, accounts and forms, which no switch ends altogether; the policy of our pages lets nothing of theirs go there. */
const OF_THE_BROWSER = /^(https?:\/\/)?([a-z0-9-]+\.)*(google|googleapis|gvt1)\.com(?=[:/]|$)/;

/**
 * @typedef {{ time_ms: number, method: string, url: string }} Sent a request, by the clock of the machine
 * @typedef {{ time_ms: number, host: string }} LookedUp
 * @typedef {{ time_ms: number, bytes: Buffer }} Written to a socket
 */

/** What one browser has sent from its start to its end. */
export class Traffic {
  /** @param {{ requests: Sent[], lookups: LookedUp[], writes: Written[] }} recorded */
  constructor({ requests, lookups, writes }) {
    this.requests = requests;
    this.lookups = lookups;
    this.writes = writes;
  }

  /** The part of it from a moment on. @param {number} time_ms */
  since(time_ms) {
    const isLater = (event) => event.time_ms >= time_ms;
    return new Traffic({ requests: this.requests.filter(isLater), lookups: this.lookups.filter(isLater), writes: this.writes.filter(isLater) });
  }

  /** The requests as text, in an order that does not depend on time. */
  get summary() {
    return this.requests.map(({ method, url }) => `${method} ${url}`).sort();
  }

  /** @param {string} word of letters and digits @returns {boolean} whether it stands in any request, name or byte */
  mentions(word) {
    const has = (text) => text.toLowerCase().includes(word.toLowerCase());
    return this.requests.some(({ url }) => has(url)) || this.lookups.some(({ host }) => has(host)) || this.writes.some(({ bytes }) => has(bytes.toString('latin1')));
  }
}

/**
 * Starts a browser of its own for a visit, and ends it.
 * @param {import('@playwright/test').LaunchOptions} options
 * @param {(browser: import('@playwright/test').Browser) => Promise<void>} visit
 * @returns {Promise<Traffic>}
 */
export async function recordTraffic({ args = [], ...options }, visit) {
  const folder = await mkdtemp(join(tmpdir(), 'skillrouter-traffic-'));
  const log = join(folder, 'net-log.json');
  try {
    const browser = await chromium.launch({ ...options, args: [...args, `--log-net-log=${log}`, '--net-log-capture-mode=Everything'] });
    try {
      await visit(browser);
    } finally {
      await browser.close(); // It writes the end of the log.
    }
    return new Traffic(readLog(await readFile(log, 'utf8')));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string | undefined} address missing at the end of an event that has two */
function isOfPage(address) {
  return address !== undefined && !OF_THE_BROWSER.test(address);
}

/** One event stands on each line. Most are of no interest, and those with what was received are long. */
function readLog(text) {
  const { constants } = JSON.parse(`${text.slice(0, text.indexOf('\n"events": ['))}"events": []}`);
  const { logEventTypes, timeTickOffset } = constants;
  const recorded = { requests: [], lookups: [], writes: [] };
  const noteLookup = (time_ms, { host }) => isOfPage(host) && recorded.lookups.push({ time_ms, host });
  const noteWrite = (time_ms, { bytes }) => recorded.writes.push({ time_ms, bytes: Buffer.from(bytes ?? '', 'base64') });
  const readers = new Map([
    [logEventTypes.URL_REQUEST_START_JOB, (time_ms, { method, url }) => isOfPage(url) && recorded.requests.push({ time_ms, method, url })],
    [logEventTypes.HOST_RESOLVER_MANAGER_REQUEST, noteLookup],
    [logEventTypes.HOST_RESOLVER_MANAGER_JOB, noteLookup],
    [logEventTypes.SOCKET_BYTES_SENT, noteWrite],
    [logEventTypes.UDP_BYTES_SENT, noteWrite],
  ]);
  if ([...readers.keys()].includes(undefined)) throw new Error('this browser names the events of its network log otherwise');
  for (const [, line, type] of text.matchAll(/^(\{.*"type":(\d+)\}),?$/gm)) {
    const read = readers.get(Number(type));
    if (!read) continue;
    const { time, params = {} } = JSON.parse(line);
    read(Number(time) + timeTickOffset, params);
  }
  return recorded;
}
