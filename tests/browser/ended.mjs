// A session is over: its summary is opened by keyboard, and what the database has of it is taken along.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { accessible, open, until } from './page.mjs';

export async function ended({ browser, url, folder }) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1440, 900], [400, 800]]) {
      const page = await open(browser, url, { width, height, colorScheme });
      const button = page.getByTestId('summary-toggle').first();
      await button.waitFor();
      await accessible(page);
      await button.focus();
      await page.keyboard.press('Enter');
      const summary = page.getByTestId('summary').first();
      await summary.getByTestId('summary-effect').waitFor();
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
      assert.match(await summary.getByTestId('summary-effect').textContent(), /against control/);
      assert.ok((await summary.getByTestId('summary-line').count()) > 0, 'no intervention is told of');
      assert.ok((await summary.locator('.timeline-marker').count()) > 0, 'no intervention is on the time line');
      await accessible(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels on ${width}`);
      await page.screenshot({ path: `${folder}/summary-${width}-${colorScheme}.png`, fullPage: true });
      await page.keyboard.press('Enter');
      await until('the summary to be closed', async () => !(await summary.isVisible()));
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  }

  const page = await open(browser, url);
  await page.getByTestId('summary-toggle').first().click();
  const taken = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    assert.equal(await download.failure(), null);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const scores = await taken('Scores, CSV');
  assert.equal(scores.name, 'over-engagement-metrics.csv');
  const lines = scores.text.trim().split('\n');
  assert.ok(lines[0].startsWith('session,at_ms,') && lines.length > 100, `${lines.length} lines`);
  const interventions = await taken('Interventions, JSON lines');
  const rows = interventions.text.trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(rows.every(({ session }) => session === 'over') && rows.some(({ outcome }) => outcome === 'measured'), interventions.text);
  assert.deepEqual(page.complaints, []);
}
