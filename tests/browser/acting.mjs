// Two proposals: one is approved by mouse, and carried out; one is declined by keyboard, and is not. Then the session is paused.
import assert from 'node:assert/strict';
import { at, open, operators, until } from './page.mjs';

export async function acting({ browser, url, folder }) {
  const page = await open(browser, url);
  await page.getByTestId('session-row').first().waitFor();
  const decided = new Set();
  const proposal = () => until('a proposal', async () => {
    const { commands } = await operators(url);
    return commands.find(({ intervention }) => intervention.status === 'proposed' && !decided.has(intervention.command));
  }, 120);

  const first = await proposal();
  decided.add(first.intervention.command);
  await page.goto(at(url, `/s/${encodeURIComponent(first.session)}`).href);
  const one = page.locator(`[data-testid=card][data-command="${first.intervention.command}"]`);
  await one.getByTestId('approve').click();
  await page.screenshot({ path: `${folder}/sending.png` });
  await until('it to be done', async () => (await one.getAttribute('data-status')) === 'done');

  const second = await proposal();
  decided.add(second.intervention.command);
  await page.goto(at(url, `/s/${encodeURIComponent(second.session)}`).href);
  const other = page.locator(`[data-testid=card][data-command="${second.intervention.command}"]`);
  await other.waitFor();
  await page.keyboard.press('d');
  await page.locator('[data-testid=decline-reason][data-reason="wrong time"]').click();
  await until('it to be declined', async () => (await other.getAttribute('data-status')) === 'declined');

  await page.keyboard.press('p');
  await until('the pause', async () => /resume/i.test(await page.getByTestId('pause').first().textContent()));
  await page.screenshot({ path: `${folder}/paused.png` });
  assert.deepEqual(page.complaints, []);
}
