// Somebody watches a session that goes wrong: the line moves, the alarm is shaded, an intervention comes with its reason, is carried out, and
// has an outcome.
import assert from 'node:assert/strict';
import { accessible, at, chart, open, operators, until } from './page.mjs';

export async function watching({ browser, url, folder }) {
  const list = await open(browser, url);
  await list.getByTestId('session-row').first().waitFor();
  const treated = await until('a command that is carried out', async () => {
    const { commands } = await operators(url);
    return commands.find(({ intervention: { status } }) => ['approved', 'done'].includes(status));
  });
  await accessible(list);
  await list.screenshot({ path: `${folder}/sessions.png` });
  await list.context().close();

  const { session, intervention } = treated;
  const page = await open(browser, at(url, `/s/${encodeURIComponent(session)}`));
  const before = await until('points', () => chart(page, 'points'));
  await until('the line to move', async () => (await chart(page, 'points')) > before);
  await until('the alarm to be shaded', async () => (await chart(page, 'alarms')) > 0);
  const card = page.locator(`[data-testid=card][data-command="${intervention.command}"]`);
  await until('the reason', async () => (await card.textContent()).includes(intervention.why[0]));
  await until('it to be done', async () => (await card.getAttribute('data-status')) === 'done');
  await page.screenshot({ path: `${folder}/during.png` });
  await card.getByTestId('outcome').waitFor({ timeout: 60_000 });
  assert.ok((await card.getByTestId('outcome').textContent()).length > 0);
  assert.equal(new URL(page.url()).hash, '', 'the token does not stay in the address');
  await page.screenshot({ path: `${folder}/after.png` });
  await accessible(page);
  assert.deepEqual(page.complaints, []);
  await page.context().close();

  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1440, 900], [400, 800]]) {
      const again = await open(browser, at(url, `/s/${encodeURIComponent(session)}`), { width, height, colorScheme });
      await until('points', () => chart(again, 'points'));
      await accessible(again);
      const wide = await again.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels on ${width}`);
      await again.screenshot({ path: `${folder}/session-${width}-${colorScheme}.png` });
      assert.deepEqual(again.complaints, []);
      await again.context().close();
    }
  }
  const ops = await open(browser, at(url, '/ops'));
  await ops.getByTestId('command-row').first().waitFor();
  await accessible(ops);
  await ops.screenshot({ path: `${folder}/ops.png` });
}
