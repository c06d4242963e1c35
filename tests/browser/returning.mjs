// The server is killed and comes back while somebody watches: the page says so, and goes on without a gap or a double. Whoever runs this
// kills the server when `watched` is printed, and starts it anew when `missed` is.
import assert from 'node:assert/strict';
import { chart, open, until } from './page.mjs';

const TICK_MS = 5000;

export async function returning({ browser, url, folder }) {
  const page = await open(browser, url);
  await until('points', async () => (await chart(page, 'points')) > 2);
  const state = () => page.getByTestId('link-state').first().textContent();
  await until('the link', async () => /live/i.test(await state()));
  const before = await chart(page, 'last');
  console.log('watched');
  await until('that the page says it', async () => /reconnecting/i.test(await state()));
  await page.screenshot({ path: `${folder}/reconnecting.png` });
  console.log('missed');
  await until('the link again', async () => /live/i.test(await state()));
  await until('news', async () => (await chart(page, 'last')) > before + 4 * TICK_MS);
  const points = JSON.parse(await page.getByTestId('chart').first().getAttribute('data-ticks'));
  points.slice(1).forEach((at, place) => assert.equal(at - points[place], TICK_MS, `after ${points[place]}`));
}
