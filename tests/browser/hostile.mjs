// Sessions in which everything that other people may write is meant to do harm. One proposal is approved, one is declined with a reason that is
// meant to do harm, too. Everything is text, and nothing happens that nobody has pressed.
import assert from 'node:assert/strict';
import { accessible, at, open, operators, until } from './page.mjs';

const MARKUP = '<img src=x onerror=alert(1)>';

/** All that was written is there as text, and none of it is anything else. */
async function harmless(page, ...texts) {
  const { text, html, title, elements } = await page.evaluate(() => ({
    text: document.body.innerText,
    html: document.documentElement.outerHTML,
    title: document.title,
    elements: [...document.querySelectorAll('img, iframe, object, embed, script, b, [onerror], [onload], [style*="url("], a')]
      .filter((element) => !element.src?.startsWith(`${location.origin}/assets/`) && !element.href?.startsWith(`${location.origin}/`))
      .map((element) => element.outerHTML),
  }));
  for (const expected of texts) assert.ok(text.includes(expected), `${page.url()} does not show ${expected}`);
  assert.deepEqual(elements, [], page.url());
  // Nothing that turns a text around or is not seen, in no attribute either.
  const unseen = /.{0,60}[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069].{0,60}/u.exec(html + title);
  assert.equal(unseen && JSON.stringify(unseen[0]), null, page.url());
  assert.deepEqual(page.complaints, [], page.url());
}

export async function hostile({ browser, url, folder }) {
  const list = await open(browser, url);
  await until('all sessions', async () => (await list.getByTestId('session-row').count()) === 3);
  await harmless(list, MARKUP, '<b>Mallory</b>');
  await accessible(list);
  await list.screenshot({ path: `${folder}/list.png` });

  const { commands } = await operators(url);
  const of = (session) => commands.find((command) => command.session === session).intervention;
  const page = await open(browser, at(url, '/s/approved'));
  const approved = page.locator(`[data-testid=card][data-command="${of('approved').command}"]`);
  await approved.getByTestId('approve').click();
  await until('it to be done', async () => (await approved.getAttribute('data-status')) === 'done');
  await harmless(page, MARKUP, '<b>Mallory</b>');

  await page.goto(at(url, '/s/declined').href);
  const declined = page.locator(`[data-testid=card][data-command="${of('declined').command}"]`);
  await declined.waitFor();
  await page.keyboard.press('d');
  await page.keyboard.press('4');
  const reason = page.getByTestId('decline-text');
  await reason.fill(`not now\u202e ${MARKUP}`);
  await page.screenshot({ path: `${folder}/declining.png` });
  await accessible(page);
  await page.keyboard.press('Enter');
  await until('it to be declined', async () => (await declined.getAttribute('data-status')) === 'declined');
  await until('the reason', async () => (await declined.textContent()).includes(MARKUP));
  await harmless(page, MARKUP, 'not now');
  await page.screenshot({ path: `${folder}/declined.png` });

  await page.goto(at(url, `/s/${encodeURIComponent(MARKUP)}`).href);
  await page.getByTestId('card').first().waitFor();
  await harmless(page, MARKUP);

  await page.goto(at(url, '/ops').href);
  await page.getByTestId('command-row').first().waitFor();
  await until('the dead letter', async () => (await page.textContent('body')).includes("<script>fetch('http://evil.example/'"));
  await harmless(page, MARKUP);
  // What somebody may have set, which the world here has not.
  const settings = [{ key: 'kafka.bootstrap_servers', value: `${MARKUP}\u202e`.repeat(9), origin: { layer: 'file', path: MARKUP, line: 1 } }];
  await page.route('**/api/ops/configuration', (route) => route.fulfill({ json: { settings } }));
  await page.getByTestId('settings-show').click();
  await page.getByTestId('setting-row').waitFor();
  await harmless(page, MARKUP);
  await accessible(page);
  await page.setViewportSize({ width: 400, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 400, `${wide} pixels on 400`);
  await page.screenshot({ path: `${folder}/ops.png`, fullPage: true });
}
