/**
 * The offscreen document: one router for popup, side panel, address bar and helper, which ask it over ports. It goes when
 * nobody has been connected for a while, since the model takes memory.
 */

import { EngineHost } from './engine-host.js';
import { HELPER_PORT, ROUTER_PORT } from './ports.js';

const IDLE_MS = 5 * 60_000;

const host = new EngineHost({
  index: new URLSearchParams(location.search).get('index') ?? chrome.runtime.getURL('index/'),
  models: chrome.runtime.getURL('models/'),
});
let n_ports = 0;
let idle_timer = setTimeout(close, IDLE_MS);

chrome.runtime.onConnect.addListener((port) => {
  const is_own_page = port.sender?.origin === location.origin;
  if (port.name === ROUTER_PORT && is_own_page) host.serve(port);
  else if (port.name === HELPER_PORT) host.serve(port, { only: ['route'] }); // It runs beside a web page.
  else return port.disconnect();
  n_ports++;
  clearTimeout(idle_timer);
  port.onDisconnect.addListener(() => {
    if (--n_ports === 0) idle_timer = setTimeout(close, IDLE_MS);
  });
});
