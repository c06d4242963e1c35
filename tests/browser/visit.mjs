// A visit to the dashboard in a real browser: node visit.mjs SCENARIO URL FOLDER. Ends with 0 if everything was as it should be.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { acting } from './acting.mjs';
import { ended } from './ended.mjs';
import { hostile } from './hostile.mjs';
import { loading } from './loading.mjs';
import { returning } from './returning.mjs';
import { watching } from './watching.mjs';

const [scenario, url, folder] = process.argv.slice(2);
const scenarios = { watching, acting, returning, hostile, ended, loading };
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  ],
});
try {
  await scenarios[scenario]({ browser, url: new URL(url), folder });
} finally {
  await browser.close();
}
