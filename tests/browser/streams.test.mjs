// Events and log lines where something on the way holds them back.
import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon, withLogin } from './daemon.mjs';
import { withPage } from './page.mjs';
import { proxy } from './proxy.mjs';

const mayLogErrors = true;
const LOG = 'Scriptlog.log';

async function withLog(folder) {
  await mkdir(join(folder, 'Logs'), { recursive: true });
  await writeFile(join(folder, 'Logs', LOG), '[2026-11-28 12:00:00] [INFO]    |L.1     | the first line\n');
}

describe('a daemon behind proxies', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withLog });
  });
  after(() => daemon.stop());

  const through = async (options, work) => {
    const between = await proxy(daemon, options);
    try {
      await work(between);
    } finally {
      await between.close();
    }
  };

  for (const holdBack of ['all', 'body']) {
    test(`where a proxy holds back ${holdBack} of the event stream, the page polls and says so`, () =>
      through({ holdBack }, (between) =>
        withPage(between, '/', { mayLogErrors }, async (page) => {
          await page.getByText('Nothing is running').waitFor();
          await page.getByText(/[0-9] GiB of [0-9.]+ GiB|MiB of [0-9.]+ GiB/).waitFor();
          await page.getByText('Live events do not reach this browser').waitFor();
        }),
      ));
  }

  test('the event stream is taken up again when it gets through', async () => {
    const options = { holdBack: 'all' };
    await through(options, (between) =>
      withPage(between, '/', { mayLogErrors }, async (page) => {
        const notice = page.getByText('Live events do not reach this browser');
        await notice.waitFor();
        delete options.holdBack;
        await notice.waitFor({ state: 'detached', timeout: 60_000 });
      }),
    );
  });

  const path = () => join(daemon.folder, 'Logs', LOG);
  let lines = 0;
  async function showsNewLines(page) {
    await page.getByRole('log').getByText('the first line').waitFor();
    lines += 1;
    await appendFile(path(), `[2026-11-28 12:00:01] [INFO]    |L.2     | another line, number ${lines}\n`);
    await page.getByRole('log').getByText(`another line, number ${lines}`).waitFor();
  }

  test('a log comes over the socket where that gets through', () =>
    through({}, (between) =>
      withPage(between, `/logs/${LOG}`, {}, async (page) => {
        await page.getByText('live', { exact: true }).waitFor();
        await showsNewLines(page);
      }),
    ));

  for (const sockets of ['drop', 'silent']) {
    test(`where a proxy lets sockets ${sockets}, a log is polled, and the page says so`, () =>
      through({ sockets }, (between) =>
        withPage(between, `/logs/${LOG}`, { mayLogErrors }, async (page) => {
          await page.getByRole('log').getByText('the first line').waitFor();
          await page.getByText('polling', { exact: true }).waitFor();
          await page.getByText(/may be blocking WebSockets/).waitFor();
          await showsNewLines(page);
        }),
      ));
  }

  test('a log that is not there is told', () =>
    withPage(daemon, '/logs/nope.log', { mayLogErrors }, async (page) => {
      await page.getByText('Log file not found').waitFor();
      assert.equal(await page.getByText('This log is empty').count(), 0);
    }));
});

test('where a proxy names another host, the log is polled with the reason why the socket is refused', async () => {
  const daemon = await Daemon.start({
    prepare: async (folder) => {
      await withLogin(folder);
      await withLog(folder);
    },
  });
  const between = await proxy(daemon, { host: new URL(daemon.url).host });
  try {
    await withPage(between, `/logs/${LOG}`, { mayLogErrors }, async (page) => {
      await page.getByLabel('User name').fill('ada');
      await page.getByLabel('Password').fill('l0ve lace');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('log').getByText('the first line').waitFor();
      await page.getByText('polling', { exact: true }).waitFor();
      await page.getByText(/The daemon refuses to send new lines as they are written: .*[Hh]ost/).waitFor();
    });
  } finally {
    await between.close();
    await daemon.stop();
  }
});
