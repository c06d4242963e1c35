// The server is killed and comes back while somebody watches: the page says so, and goes on without a gap or a double. Whoever runs this
// kills the server when `watched` is printed, and starts it anew when `missed` is.
import assert from 'node:assert/strict';
import { chart, open, until } from './page.mjs';

const TICK_MS = 5000;

export async function returning({ browser, url, folder }) {
  const page = await open(browser, url);
  await until('points', async () => (await chart(page, 'points')) > 2);
  const state = () => page.getByTestId('link-state').first().getAttribute('data-state');
  await until('the link', async () => (await state()) === 'live');
  const before = await chart(page, 'last');
  console.log('watched');
  await until('that the page says it', async () => (await state()) === 'reconnecting');
  await page.screenshot({ path: `${folder}/reconnecting.png` });
  console.log('missed');
  await until('the link again', async () => (await state()) === 'live');
  await until('news', async () => (await chart(page, 'last')) >= before + 2 * TICK_MS);
  const read = () => page.evaluate(() => ({ ...document.querySelector('[data-testid=chart]').dataset }));
  const { points, first, last } = await read();
  assert.equal(Number(points), (last - first) / TICK_MS + 1, 'each tick once, and none is missing');
}
