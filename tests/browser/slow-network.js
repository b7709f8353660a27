/**
 * A slow connection, made by the browser: for the page and for every worker that it starts, service workers included. Each of them has
 * the whole bandwidth to itself, which matters little while they load one after another.
 */

/** What the promise of a quick first answer is made for. */
export const SLOW = { latency_ms: 40, mbit_per_s: 10 };

/**
 * @param {import('@playwright/test').Page} page that has loaded nothing yet
 * @param {{ latency_ms: number, mbit_per_s: number }} [speed]
 */
export async function slowDown(page, { latency_ms, mbit_per_s } = SLOW) {
  const throughput = (mbit_per_s * 1e6) / 8;
  const conditions = { offline: false, latency: latency_ms, downloadThroughput: throughput, uploadThroughput: throughput };
  const devtools = await page.context().newCDPSession(page);
  devtools.on('Target.attachedToTarget', ({ sessionId }) => {
    let n_sent = 0;
    const send = (method, params = {}) =>
      devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: ++n_sent, method, params }) }).catch(() => {}); // It may be gone already.
    void send('Network.enable');
    void send('Network.emulateNetworkConditions', conditions);
    void send('Runtime.runIfWaitingForDebugger'); // It waits for that, so no request of it is too early.
  });
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', conditions);
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: false });
}
