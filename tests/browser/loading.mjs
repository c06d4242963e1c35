// The page of a session is loaded by somebody who was never there, five times: how many bytes come, and when the score is seen. A line of
// JSON for each.
import assert from 'node:assert/strict';
import { chart, until } from './page.mjs';

const LOADS = 5;
/** Nothing more comes once nothing has come for so long. */
const QUIET_MS = 500;

/** Looks at every frame whether the score is a number, from within the page. */
function noteScore() {
  const look = () => {
    const text = document.querySelector('[data-testid=score]')?.textContent ?? '';
    if (/^\d+$/.test(text)) globalThis.scoreSeenMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** What comes over the network, by request. */
async function traffic(context, page) {
  const network = await context.newCDPSession(page);
  const requests = new Map();
  let changedMs = Date.now();
  const on = (event, take) => network.on(`Network.${event}`, (told) => {
    changedMs = Date.now();
    take(requests.get(told.requestId) ?? {}, told);
  });
  on('requestWillBeSent', (_, { requestId, request }) => requests.set(requestId, { url: request.url, head: 0, body: 0 }));
  on('responseReceived', (entry, { response }) => Object.assign(entry, {
    head: response.encodedDataLength,
    encoding: response.headers['content-encoding'],
    isStream: response.mimeType === 'text/event-stream',
  }));
  // A stream has no end that would tell, and is not compressed.
  on('dataReceived', (entry, { dataLength }) => (entry.body += dataLength));
  on('loadingFinished', (entry, { encodedDataLength }) => (entry.whole = encodedDataLength));
  on('loadingFailed', (entry, { errorText }) => (entry.failed = errorText));
  await network.send('Network.enable');
  const isDone = (entry) => entry.whole !== undefined || entry.failed !== undefined || (entry.isStream && entry.body > 0);
  return { requests, isQuiet: () => [...requests.values()].every(isDone) && Date.now() - changedMs > QUIET_MS };
}

export async function loading({ browser, url }) {
  for (let load = 0; load < LOADS; load += 1) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(noteScore);
    const { requests, isQuiet } = await traffic(context, page);
    await page.goto(url.href);
    await until('the score', () => page.evaluate(() => globalThis.scoreSeenMs !== undefined));
    await until('everything that is loaded', isQuiet);
    const times = await page.evaluate(() => ({
      first_paint_ms: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      score_ms: globalThis.scoreSeenMs,
    }));
    const all = [...requests.values()];
    const streams = all.filter(({ isStream }) => isStream);
    const size = (entries) => entries.reduce((sum, { head, body, whole }) => sum + (whole ?? head + body), 0);
    assert.deepEqual(all.filter(({ failed }) => failed !== undefined), []);
    assert.deepEqual(complaints, []);
    assert.ok(all.some(({ url: from, encoding }) => from.endsWith('.js') && encoding === 'gzip'), 'the script comes compressed');
    assert.equal(streams.length, 1, 'one stream');
    assert.equal(await chart(page, 'points'), 720, 'the points of an hour');
    console.log(JSON.stringify({ ...times, bytes: size(all), stream_bytes: size(streams) }));
    await context.close();
  }
}
