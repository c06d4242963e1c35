// What all visits need.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Waits for a condition, and says what was waited for when it does not come. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    assert.ok(Date.now() < end, `it did not come: ${what}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** A page of a size and colours, whose complaints are collected: errors, refusals by its policy, dialogs, requests to other hosts. */
export async function open(browser, url, { width = 1440, height = 900, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  page.on('dialog', (dialog) => {
    page.complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url.origin) page.complaints.push(`a request to ${request.url()}`);
  });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  await page.goto(url.href);
  return page;
}

/** The same place with another path. */
export function at(url, path) {
  const other = new URL(path, url);
  other.hash = url.hash;
  return other;
}

/** What the operators' page is made from. */
export async function operators(url) {
  const answer = await fetch(new URL('/api/ops', url));
  assert.equal(answer.status, 200);
  return answer.json();
}

/** Nothing keeps people with assistive technology out. */
export async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(bad.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), [], page.url());
}

/** An attribute of the chart as a number. */
export async function chart(page, name) {
  return Number(await page.getByTestId('chart').first().getAttribute(`data-${name}`));
}
