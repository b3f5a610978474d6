// The timetable: every mode that can be scheduled, with what belongs to it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { settled, withPage } from './page.mjs';

describe('the timetable', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  const entries = async () => (await (await fetch(`${daemon.url}/api/scheduler/config`)).json()).config.schedules;

  test('every mode that the daemon can schedule is offered, and taken', async () => {
    const asked = await daemon.post('/api/scheduler/preview', { time: '03:00', mode: 'nonsense' });
    const { message } = await asked.json();
    const listed = /a schedule runs (.*)$/.exec(message)?.[1].split(/, | or /);
    assert.ok(listed?.length > 5, message);
    await withPage(daemon, '/schedules', {}, async (page) => {
      await settled(page);
      const choices = page.getByLabel('Run', { exact: true }).locator('option');
      await choices.first().waitFor({ state: 'attached' });
      const offered = await choices.evaluateAll((all) => all.map(({ value }) => value));
      assert.deepEqual(offered.toSorted(), listed.toSorted());
    });
  });

  test('a logo update has its library and what it does, which come back when it is edited', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      await settled(page);
      assert.equal(await page.getByLabel('What to do').count(), 0, 'only a logo update has logos');
      await page.getByLabel('Run', { exact: true }).selectOption('logoupdater');
      await page.getByLabel('Library', { exact: true }).fill('Movies');
      await page.getByLabel('What to do').selectOption('replace');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('Movies · Replace all logos').waitFor();
      const [{ mode, library, force_replace, revert }] = await entries();
      assert.deepEqual([mode, library, force_replace, revert], ['logoupdater', 'Movies', true, false]);

      await page.getByRole('button', { name: 'Edit' }).click();
      assert.equal(await page.getByLabel('What to do').inputValue(), 'replace');
      await page.getByLabel('What to do').selectOption('revert');
      await page.getByLabel('Library', { exact: true }).fill('');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('All libraries · Remove logos set by Posterizarr').waitFor();
      const [changed] = await entries();
      assert.deepEqual([changed.library, changed.force_replace, changed.revert], ['all', false, true]);
    });
  });

  test('no next run is named while schedules are off', async () => {
    await daemon.post('/api/scheduler/schedule', { time: '03:00' });
    await daemon.post('/api/scheduler/disable');
    await withPage(daemon, '/schedules', {}, async (page) => {
      const general = page.getByRole('region', { name: 'All schedules' });
      const next = general.locator('.facts > div').filter({ hasText: 'Next' });
      await next.getByText('schedules are off').waitFor();
      assert.equal(await next.locator('time').count(), 0);
    });
  });

  test('on a phone the form of an entry comes into view, and has the focus', async () => {
    for (const minute of ['10', '20', '30', '40', '50']) {
      await daemon.post('/api/scheduler/schedule', { time: `05:${minute}` });
    }
    await withPage(daemon, '/schedules', { viewport: { width: 390, height: 844 } }, async (page) => {
      const entry = page.getByRole('listitem').filter({ hasText: '05:50' });
      const edit = entry.getByRole('button', { name: 'Edit' });
      await edit.scrollIntoViewIfNeeded();
      const inView = (element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      };
      const first = (form) => form.getByLabel('When', { exact: true });
      assert.equal(await first(page.locator('form')).evaluate(inView), false, 'the form is far above');
      await edit.click();
      const form = page.getByRole('region', { name: 'Change the schedule 05:50' });
      await page.waitForFunction((element) => element.contains(document.activeElement), await form.elementHandle());
      await page.waitForFunction(inView, await first(form).elementHandle(), { timeout: 5_000 });
    });
  });
});
